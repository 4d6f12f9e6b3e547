//! Sessions that somebody else ends: their clients are told by the back channel as at any other end.

use guiyi::mandates::recheck::check_due;

use super::logout_back_channel::{listening, tell};
use super::*;
use crate::guardian::{self, CHILDS_PASSWORD, XIAOYU};
use crate::mandates::{HUIYUAN, Someone, Town};
use crate::migration::review::reviewers;
use crate::support::{BOOKING, Listener, part, pkce, verified};

/// Signs in at the client, as whoever is in this browser; `sub` and `sid` there.
async fn at_client(world: &World, browser: &mut Browser, extra: &[(&str, &str)]) -> [String; 2] {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, extra).await;
    let (_, tokens) = redeem(world, &code, &verifier).await;
    let claims = part(tokens["id_token"].as_str().unwrap_or_else(|| panic!("{tokens}")), 1);
    ["sub", "sid"].map(|name| claims[name].as_str().unwrap().to_owned())
}

/// Exactly this session was told to the client.
async fn is_told(world: &World, listener: &Listener, [sub, sid]: &[String; 2]) {
    assert_eq!(tell(world).await, 1);
    let (_, claims) = verified(world, &listener.token(), BOOKING);
    assert_eq!((claims["sub"].as_str(), claims["sid"].as_str()), (Some(sub.as_str()), Some(sid.as_str())));
    assert_eq!(tell(world).await, 0, "once");
}

/// A unit that is signed in at the client by its own password.
async fn unit_at_client<'w>(world: &'w World) -> (Town<'w>, Someone, [String; 2]) {
    let town = Town::new(world).await;
    let mut own = town.own().await;
    let there = at_client(world, &mut own.browser, &[("account_kind", "legal_person")]).await;
    (town, own, there)
}

async fn taking_units(world: World) -> (World, Listener) {
    let (mut world, listener) = listening(world).await;
    world.restart_with(|config| config.clients[0].units_alone = true).await;
    (world, listener)
}

both! {
    async fn a_session_that_a_guardian_ends_is_told(world) {
        let (world, listener) = listening(world).await;
        let (reviewer, _) = reviewers(&world).await;
        let mut guardian = guardian::guardian(&world).await;
        guardian::registered(&world, &mut guardian, &reviewer, &XIAOYU.identity(), "xiaoyu").await;
        let mut child = world.browser();
        guardian::sign_in(&mut child, "xiaoyu", CHILDS_PASSWORD).await;
        let there = at_client(&world, &mut child, &[("scope", "openid")]).await;
        assert_eq!(tell(&world).await, 0, "the session stands");
        let id = guardian::child_id(&world).await;
        let session = world.text(&format!("SELECT id FROM sessions WHERE account_id = '{id}' AND ended_at IS NULL")).await;
        let path = format!("/account/children/{id}/sessions/end");
        guardian::post(&mut guardian, &path, &[("session", &session)]).await;
        assert!(guardian.shows("孩子目前没有登录"), "{}", guardian.body);
        is_told(&world, &listener, &there).await;
    }

    async fn a_unit_s_session_that_its_representative_ends_is_told(world) {
        let (world, listener) = taking_units(world).await;
        let (town, mut own, there) = unit_at_client(&world).await;
        let session = world.text(&format!("SELECT id FROM sessions WHERE account_id = '{}'", town.unit)).await;
        let mut li = town.representative.clone();
        li.post(&town.path("/sessions/end"), &[("session", &session)]).await;
        own.at(&town.path("")).await;
        assert_eq!(own.browser.at, "/login");
        is_told(&world, &listener, &there).await;
    }

    async fn a_unit_s_sessions_that_end_with_its_representative_are_told(world) {
        let (world, listener) = taking_units(world).await;
        let (town, mut own, there) = unit_at_client(&world).await;
        world.advance(24 * 60 * 60 - 60);
        own.at(&town.path("")).await;
        // It goes on by a new sign-in, at the client too, and both are told.
        let mut later = town.own().await;
        let second = at_client(&world, &mut later.browser, &[("account_kind", "legal_person")]).await;
        world.neighbours.registry.set_representative(HUIYUAN.1, "秦朗", "34010219820714999X");
        world.advance(60);
        assert_eq!(check_due(&world.app).await.unwrap(), 1);
        later.at(&town.path("")).await;
        assert_eq!(later.browser.at, "/login");
        assert_eq!(tell(&world).await, 2, "every session of the unit, idle ones too");
        let told = listener.heard();
        for [sub, sid] in [there, second] {
            let is_this = |body: &String| {
                let (_, claims) = verified(&world, body.strip_prefix("logout_token=").unwrap(), BOOKING);
                claims["sub"] == sub.as_str() && claims["sid"] == sid.as_str()
            };
            assert_eq!(told.iter().filter(|body| is_this(body)).count(), 1);
        }
    }

    async fn nobody_is_told_of_a_session_that_somebody_fails_to_end(world) {
        let (world, _listener) = taking_units(world).await;
        let (town, ..) = unit_at_client(&world).await;
        let session = world.text(&format!("SELECT id FROM sessions WHERE account_id = '{}'", town.unit)).await;
        let mut stranger = town.somebody("赵敏", "19911110001").await;
        stranger.post(&town.path("/sessions/end"), &[("session", &session)]).await;
        stranger.post("/account/sessions/end", &[("session", &session)]).await;
        stranger.post(&format!("/account/children/{}/sessions/end", town.unit), &[("session", &session)]).await;
        assert_eq!(tell(&world).await, 0);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM outbox WHERE kind = 'logout'").await, 0);
    }
}
