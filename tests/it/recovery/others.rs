//! Those who have no phone of their own: a child by its guardian, a unit by its representative.

use super::*;
use crate::guardian::{CHILDS_PASSWORD, almost_fourteen, child_id, registered, sign_in};
use crate::mandates::town::Town;
use crate::migration::review::reviewers;

both! {
    async fn a_unit_s_password_is_set_by_its_representative_alone(world) {
        let town = Town::new(&world).await;
        let page = format!("/account/units/{}/password", town.unit);
        let overview = format!("/units/{}", town.unit);
        let mut representative = town.representative.clone();
        representative.at(&overview).await;
        assert!(representative.browser.shows(&page), "{}", representative.browser.body);
        representative.at(&page).await;
        assert_eq!(representative.browser.at, page, "{}", representative.browser.body);
        choose(&mut representative.browser).await;
        assert_eq!(representative.browser.at, overview);
        assert!(signs_in(&world, "91340100MA00000151", ANOTHER).await);
        assert!(world.messages(&representative.phone).await.iter().any(|text| text.contains("已由法定代表人设置新密码")));
        let mut other = town.somebody("赵敏", "19911110001").await;
        assert_eq!(other.status(&page).await, 404);
        other.post(&page, &[("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert_eq!(other.browser.status, 404);
        assert!(signs_in(&world, "91340100MA00000151", ANOTHER).await);
        // Nor do an administrator, an agent, and the unit's own sign-in.
        town.join(&mut representative, &mut other, &[("role", "administrator")]).await;
        assert_eq!(other.status(&page).await, 404);
        let mut own = town.own().await;
        own.at(&page).await;
        assert_eq!(own.browser.at, overview);
        let mut nobody = world.browser();
        nobody.get(&page).await;
        assert!(nobody.at.starts_with("/login"));
    }
}

both! {
    async fn a_child_s_password_is_set_by_its_guardian_alone_and_its_sign_ins_end(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut guardian = crate::guardian::guardian(&world).await;
        registered(&world, &mut guardian, &reviewer, &almost_fourteen(), "leyi").await;
        let path = format!("/account/children/{}", child_id(&world).await);
        let mut child = world.browser();
        sign_in(&mut child, "leyi", CHILDS_PASSWORD).await;
        world.advance(11 * 60);
        sign_in(&mut guardian, "liming", NEW_PASSWORD).await;
        guardian.get(&path).await;
        let page = guardian.link("/password");
        guardian.get(&page).await;
        if guardian.at.starts_with("/account/confirm") {
            crate::second_factors::confirm(&world, &mut guardian).await;
        }
        assert_eq!(guardian.at, page, "{}", guardian.body);
        choose(&mut guardian).await;
        assert_eq!(guardian.at, path, "{}", guardian.body);
        child.get("/account").await;
        assert!(child.at.starts_with("/login"));
        assert!(signs_in(&world, "leyi", ANOTHER).await && !signs_in(&world, "leyi", CHILDS_PASSWORD).await);
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("您监护的陈") && told.contains("密码已修改"), "{told}");
        // The child asks online: nothing can be sent, and the page says who helps.
        let mut child = world.browser();
        ask(&mut child, "leyi").await;
        assert!(child.shows("请监护人登录"), "{}", child.body);
        world.execute("UPDATE guardianships SET ended_at = 1").await;
        guardian.get(&page).await;
        assert_eq!(guardian.status, 404);
    }
}
