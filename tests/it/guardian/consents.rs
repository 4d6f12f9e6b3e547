//! A child can't consent to its data going out; its guardian can, and takes it back.

use super::*;
use crate::migration::review::reviewers;
use crate::provider::{param, query, redeem};
use crate::support::{BOOKING, PUBLIC, pkce, userinfo};

/// The child signs in, in a browser of its own.
async fn child(world: &World) -> Browser {
    let mut browser = world.browser();
    sign_in(&mut browser, "xiaoyu", CHILDS_PASSWORD).await;
    assert_eq!(browser.at, "/account", "{}", browser.body);
    browser
}

async fn setting(world: &World) -> (Browser, Browser, String) {
    let (reviewer, _) = reviewers(world).await;
    let mut browser = guardian(world).await;
    registered(world, &mut browser, &reviewer, &XIAOYU.identity(), "xiaoyu").await;
    let path = format!("/account/children/{}", child_id(world).await);
    (browser, child(world).await, path)
}

both! {
    async fn a_child_consents_to_nothing_but_its_own_identifier(world) {
        let (_, mut child, _) = setting(&world).await;
        let (verifier, challenge) = pkce();
        child.get(&query(&challenge, &[("scope", "openid profile real_name")])).await;
        for text in ["需要监护人同意", "不动产登记预约", "用户名和性别", "姓名、证件号码和核验情况"] {
            assert!(child.shows(text), "{text}: {}", child.body);
        }
        assert!(!child.shows("value=\"allow\""));
        let page = child.clone();
        child.submit(&[("decision", "allow")]).await;
        assert!(child.shows("需要监护人同意"), "a forged answer gives nothing: {} {:?}", child.at, child.left);
        assert_eq!(world.count("consents").await, 0);
        let mut back = page;
        back.submit(&[("decision", "deny")]).await;
        assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
        child.get(&query(&challenge, &[("scope", "openid profile"), ("prompt", "none")])).await;
        assert_eq!(param(&child, "error").as_deref(), Some("consent_required"));
        child.get(&query(&challenge, &[("scope", "openid"), ("claims", r#"{"userinfo":{"name":null}}"#)])).await;
        assert!(child.shows("需要监护人同意"), "the claims parameter is no way around: {}", child.body);
        child.get(&query(&challenge, &[("scope", "openid")])).await;
        child.submit(&[("decision", "allow")]).await;
        let code = param(&child, "code").expect("an identifier of its own is the child's to give");
        let (status, tokens) = redeem(&world, &code, &verifier).await;
        assert_eq!(status, 200, "{tokens}");
    }

    async fn a_guardian_consents_for_a_child_and_takes_it_back(world) {
        let (mut guardian, mut child, path) = setting(&world).await;
        guardian.get(&path).await;
        let give = guardian.link("/consents");
        guardian.get(&give).await;
        let client = guardian.link(&format!("client={BOOKING}"));
        guardian.get(&client).await;
        assert!(guardian.shows("name=\"profile\"") && !guardian.shows("checked"), "nothing is ticked for the guardian");
        guardian.submit(&[]).await;
        assert!(guardian.error("scopes"), "{}", guardian.body);
        guardian.submit(&[("profile", "yes"), ("made_up", "yes")]).await;
        assert_eq!(guardian.at, path);
        assert!(guardian.shows("不动产登记预约") && guardian.shows("用户名和性别"), "{}", guardian.body);
        let (verifier, challenge) = pkce();
        world.advance(1);
        child.get(&query(&challenge, &[("scope", "openid profile")])).await;
        let code = param(&child, "code").expect("no page: the guardian has consented");
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        let token = tokens["access_token"].as_str().unwrap().to_owned();
        assert_eq!(userinfo(&world.router, &token).await.0, 200);
        child.get(&query(&challenge, &[("scope", "openid profile"), ("prompt", "none")])).await;
        assert!(param(&child, "code").is_some());
        child.get(&query(&challenge, &[("scope", "openid profile organization")])).await;
        assert!(param(&child, "code").is_some(), "what tells of units alone is nothing of the child's");
        child.get(&query(&challenge, &[("scope", "openid profile real_name")])).await;
        assert!(child.shows("需要监护人同意"), "more than was allowed: {}", child.body);
        child.get("/account/consents").await;
        assert!(child.shows("不动产登记预约"), "the child sees it: {}", child.body);
        child.get("/account/log").await;
        assert!(child.shows("监护人同意“不动产登记预约”获取信息"), "{}", child.body);
        guardian.get(&path).await;
        guardian.submit(&[]).await;
        assert!(guardian.at == path && guardian.shows("还没有应用可以获取孩子的信息"), "{} {}", guardian.at, guardian.body);
        assert_eq!(userinfo(&world.router, &token).await.0, 401, "its tokens end with it");
        child.get(&query(&challenge, &[("scope", "openid profile"), ("prompt", "none")])).await;
        assert_eq!(param(&child, "error").as_deref(), Some("consent_required"));
        let by = "SELECT COUNT(*) FROM audit WHERE event LIKE 'consent.%' AND actor <> subject";
        assert_eq!(world.scalar(by).await, 2, "the log says who");
    }

    async fn an_app_that_others_can_pass_themselves_off_as_gets_nothing_of_a_child_silently(world) {
        let (mut guardian, mut child, path) = setting(&world).await;
        guardian.get(&format!("{path}/consents?client={PUBLIC}")).await;
        guardian.submit(&[("profile", "yes")]).await;
        assert_eq!(guardian.at, path, "{}", guardian.body);
        world.advance(1);
        let app = [("client_id", PUBLIC), ("redirect_uri", "cn.example.app:/callback")];
        let (_, challenge) = pkce();
        child.get(&query(&challenge, &[&app[..], &[("prompt", "none")]].concat())).await;
        assert_eq!(param(&child, "error").as_deref(), Some("login_required"), "whoever has the scheme would get it");
        child.get(&query(&challenge, &app)).await;
        assert!(child.at.starts_with("/login?interaction="), "{} {:?}", child.at, child.left);
        child.submit(&[("identifier", "xiaoyu"), ("password", CHILDS_PASSWORD)]).await;
        assert!(param(&child, "code").is_some(), "the child's own doing, and the guardian's consent");
    }
}
