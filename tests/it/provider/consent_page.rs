//! What a person reads before anything is told of them (OWASP ASVS 5.0, 10.7.2).

use super::*;
use crate::support::{PUBLIC, pkce};

const UNTIL: &str = "该应用再次登录时不再询问；您可以随时在账号中心“应用授权”中撤回";
const EACH_TIME: &str = "该应用每次登录都会再次询问您";

both! {
    async fn it_says_who_asks_for_what_and_for_how_long(world) {
        let (_, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        browser.get(&query(&challenge, &[("scope", "openid profile phone real_name offline_access"), ("prompt", "consent")])).await;
        let parts = [
            "“不动产登记预约”申请获取以下信息", "当前账号：l***g",
            "用户名和性别", "liming", "手机号", "姓名、证件号码和核验情况", "仅该应用可见的编号",
            "您退出登录后，该应用仍可获取上述信息，直到您撤回授权", UNTIL,
        ];
        for text in parts {
            assert!(browser.shows(text), "{text}: {}", browser.body);
        }
        // Enough to know one's own data by, and no more: a page can be looked at over a shoulder.
        for text in [LIMING.number, LIMING.phone, LIMING.name] {
            assert!(!browser.shows(text), "{text}: {}", browser.body);
        }
        // What isn't asked for isn't shown, nor agreed to.
        browser.get(&query(&challenge, &[("scope", "openid profile")])).await;
        assert!(browser.shows("用户名和性别") && browser.shows(UNTIL), "{}", browser.body);
        for text in ["手机号", "证件号码", "您退出登录后"] {
            assert!(!browser.shows(text), "{text}: {}", browser.body);
        }
        browser.submit(&[("decision", "allow"), ("scope", "openid profile phone"), ("profile", "yes")]).await;
        assert!(param(&browser, "code").is_some());
        assert_eq!(world.text("SELECT scopes FROM consents").await, "openid profile");
        // One that others can pass themselves off as is asked for each time, and says so.
        browser.get(&query(&challenge, &[("client_id", PUBLIC), ("redirect_uri", "cn.example.app:/callback")])).await;
        assert!(browser.shows(EACH_TIME) && !browser.shows(UNTIL), "{}", browser.body);
        browser.language = "en".into();
        browser.get(&query(&challenge, &[("scope", "openid phone"), ("ui_locales", "en")])).await;
        assert!(browser.shows("“Real-estate registration booking” asks for:") && browser.shows("until you withdraw it"), "{}", browser.body);
    }
}
