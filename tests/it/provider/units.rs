//! Tokens of a unit: which unit, who acts, and how they end.

use serde_json::{Value, json};

use super::claims::payload;
use super::tokens::redeem;
use super::*;
use crate::migration::{ZHANGWEI, migrate};
use crate::support::{BOOKING, Unit, account_of, agent, end, pkce, representative, say, token, unit, userinfo};
use guiyi::ids::MandateId;

pub const LEGAL: (&str, &str) = ("account_kind", "legal_person");
const ALL: (&str, &str) = ("scope", "openid profile phone email real_name organization");

/// A code for the unit of this mandate: it is chosen, and consented to, where that is asked.
pub async fn acting_code(
    browser: &mut Browser,
    challenge: &str,
    mandate: &MandateId,
    extra: &[(&str, &str)],
) -> String {
    browser.get(&query(challenge, &[&[LEGAL], extra].concat())).await;
    if browser.left.is_none() && browser.shows("选择身份") {
        browser.submit(&[("choice", mandate.as_str())]).await;
    }
    if browser.left.is_none() {
        browser.submit(&[("decision", "allow")]).await;
    }
    param(browser, "code").unwrap_or_else(|| panic!("no code: {:?} {}", browser.left, browser.body))
}

/// Tokens for the unit of this mandate.
pub async fn acting(world: &World, browser: &mut Browser, mandate: &MandateId, extra: &[(&str, &str)]) -> Value {
    let (verifier, challenge) = pkce();
    let code = acting_code(browser, &challenge, mandate, extra).await;
    let (status, tokens) = redeem(world, &code, &verifier).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

/// A person's own tokens.
async fn own(world: &World, browser: &mut Browser, extra: &[(&str, &str)]) -> Value {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[&[("account_kind", "individual")], extra].concat()).await;
    redeem(world, &code, &verifier).await.1
}

pub async fn info(world: &World, tokens: &Value) -> Value {
    userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.1
}

async fn alive(router: &axum::Router, tokens: &Value) -> bool {
    userinfo(router, tokens["access_token"].as_str().unwrap()).await.0 == 200
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

both! {
    async fn a_unit_s_token_says_which_unit_and_who_acts(world) {
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let (verifier, challenge) = pkce();
        browser.get(&query(&challenge, &[LEGAL, ALL])).await;
        assert!(browser.shows("合肥云海茶业有限公司") && browser.shows("法定代表人") && !browser.shows("自己<"), "{}", browser.body);
        browser.submit(&[("choice", mandate.as_str())]).await;
        for shown in ["以“合肥云海茶业有限公司”的名义", "l***g", "yunhai-tea", "合肥云海茶业有限公司 · 李*"] {
            assert!(browser.shows(shown), "{shown}: {}", browser.body);
        }
        assert!(!browser.shows("手机号") && !browser.shows("李明"), "the person's phone isn't the unit's");
        browser.submit(&[("decision", "allow")]).await;
        let code = param(&browser, "code").unwrap();
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        let (id_token, told) = (payload(&tokens), info(&world, &tokens).await);
        let person = own(&world, &mut browser, &[]).await;
        let person = payload(&person)["sub"].clone();
        assert_eq!(id_token["account_kind"], "legal_person");
        assert_eq!(keys(&id_token["act"]), ["mandate_id", "role", "sub"]);
        assert_eq!(id_token["act"]["sub"], person, "the person, as this client knows them");
        assert_eq!(id_token["act"]["role"], "legal_representative");
        assert_ne!(id_token["sub"], person);
        assert_ne!(id_token["act"]["mandate_id"], mandate.as_str(), "pairwise, as the subjects are");
        assert_eq!(id_token["acr"], "urn:guiyi:i2:a1", "the person's level");
        assert!(id_token.get("organization").is_none());
        assert_eq!(told["sub"], id_token["sub"]);
        assert_eq!(told["name"], "合肥云海茶业有限公司");
        assert_eq!((&told["preferred_username"], &told["account_kind"]), (&json!("yunhai-tea"), &json!("legal_person")));
        for missing in ["phone_number", "identity_document", "gender", "email"] {
            assert!(told.get(missing).is_none(), "{missing} is the person's");
        }
        assert_eq!(told["organization"], json!({
            "name": "合肥云海茶业有限公司", "credit_code": "91340100MA2GUY1A0X", "type": { "code": "91", "name": "企业" },
            "address": "安徽省合肥市长江中路1号", "assurance_level": "i2", "standing": "registered", "verified_at": 1_795_485_600,
        }));
        let act = &told["act"];
        assert_eq!((&act["name"], &act["sub"], &act["mandate_id"]), (&json!("李明"), &person, &id_token["act"]["mandate_id"]));
        assert_eq!(act["matters"].as_array().unwrap().len(), 7, "a representative's reaches all");
        assert!(act.get("mandate_expires_at").is_none() && act.get("exp").is_none() && act.get("clients").is_none());
    }

    async fn a_unit_s_address_is_its_registered_one_and_not_the_person_s(world) {
        let mut browser = signed_in(&world).await;
        browser.get("/account/address").await;
        browser.submit(&[("country", "CHN"), ("region", "安徽省"), ("street_address", "家里")]).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        browser.get(&query(&pkce().1, &[LEGAL, ("scope", "openid address")])).await;
        browser.submit(&[("choice", mandate.as_str())]).await;
        assert!(browser.shows("单位的注册地址") && browser.shows("安徽省合肥市长江中路1号"), "{}", browser.body);
        let tokens = acting(&world, &mut browser, &mandate, &[("scope", "openid address")]).await;
        let told = info(&world, &tokens).await;
        assert_eq!(keys(&told), ["address", "sub"]);
        assert_eq!(told["address"], json!({ "formatted": "安徽省合肥市长江中路1号", "country": "中国" }));
    }

    async fn an_agent_s_token_says_in_what_and_until_when_and_no_name_without_consent_to_it(world) {
        let _representative = signed_in(&world).await;
        let mut browser = migrate(&world, &ZHANGWEI).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let by = representative(&world, &id, "liming").await;
        let mandate = agent(&world, (&id, &by), "zhangwei", None, Some(3600)).await;
        let tokens = acting(&world, &mut browser, &mandate, &[("scope", "openid organization")]).await;
        let told = info(&world, &tokens).await;
        assert_eq!(keys(&told), ["act", "organization", "sub"]);
        assert_eq!(keys(&told["act"]), ["mandate_expires_at", "mandate_id", "matters", "role", "sub"]);
        assert_eq!(told["act"]["matters"], json!(["taxation", "real_estate"]));
        assert_eq!(told["act"]["mandate_expires_at"], world.clock.now().seconds() + 3600);
        let bare = acting(&world, &mut browser, &mandate, &[("scope", "openid")]).await;
        assert_eq!(keys(&info(&world, &bare).await), ["sub"], "no scope, no claims");
        assert_eq!(payload(&bare)["act"]["role"], "agent", "but nobody takes it for a person's");
    }

    async fn the_example_of_the_document_is_what_userinfo_says(world) {
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let tokens = acting(&world, &mut browser, &mandate, &[("scope", "openid real_name organization")]).await;
        let mut told = info(&world, &tokens).await;
        let text = include_str!("../../../docs/integration.md");
        let section = text.split("## Units").nth(1).unwrap();
        let example = section.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
        let example: Value = serde_json::from_str(example).unwrap();
        for (place, member) in [("", "sub"), ("/act", "sub"), ("/act", "mandate_id")] {
            let there = told.pointer_mut(place).unwrap().as_object_mut().unwrap();
            assert!(there[member].as_str().unwrap().len() == 43);
            there.insert(member.into(), example.pointer(place).unwrap()[member].clone());
        }
        told["organization"]["verified_at"] = example["organization"]["verified_at"].clone();
        assert_eq!(told, example);
    }

    async fn two_units_of_one_person_and_the_person_are_three_subjects_that_never_mix(world) {
        let browser = signed_in(&world).await;
        let mut mandates = Vec::new();
        for one in [Unit::YUNHAI, Unit::QINGSHAN] {
            let id = unit(&world, one).await;
            mandates.push((representative(&world, &id, "liming").await, one));
        }
        let mut first = browser.clone();
        let mut subjects = std::collections::BTreeSet::new();
        for (mandate, _) in &mandates {
            first.get(&query("", &[("code_challenge", ""), ("code_challenge_method", ""), LEGAL, ("prompt", "select_account"), ("scope", "openid organization")])).await;
            first.submit(&[("choice", mandate.as_str())]).await;
            first.submit(&[("decision", "allow")]).await;
            assert!(param(&first, "code").is_some());
        }
        let mut set = tokio::task::JoinSet::new();
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        for n in 0..12 {
            let (router, secret, mut browser) = (world.router.clone(), secret.clone(), browser.clone());
            let chosen = mandates.get(n % 3).cloned();
            set.spawn(async move {
                let (verifier, challenge) = pkce();
                browser.get(&query(&challenge, &[("prompt", "select_account"), ("scope", "openid organization")])).await;
                let choice = chosen.as_ref().map_or("this", |(mandate, _)| mandate.as_str()).to_owned();
                browser.submit(&[("choice", &choice)]).await;
                if browser.left.is_none() {
                    browser.submit(&[("decision", "allow")]).await;
                }
                let code = param(&browser, "code").unwrap();
                let form = [("grant_type", "authorization_code"), ("code", code.as_str()),
                    ("redirect_uri", "http://localhost:8081/callback"), ("code_verifier", verifier.as_str())];
                let (_, tokens) = token(&router, Some((BOOKING, &secret)), &form).await;
                let told = userinfo(&router, tokens["access_token"].as_str().unwrap()).await.1;
                let code = told["organization"]["credit_code"].as_str().unwrap_or_default().to_owned();
                assert_eq!(code, chosen.map_or("", |(_, unit)| unit.code), "{told}");
                assert_eq!(payload(&tokens)["sub"], told["sub"]);
                (code, told["sub"].as_str().unwrap().to_owned())
            });
        }
        subjects.extend(set.join_all().await);
        assert_eq!(subjects.len(), 3, "{subjects:?}");
        assert_eq!(subjects.iter().map(|(_, sub)| sub).collect::<std::collections::BTreeSet<_>>().len(), 3);
    }

    async fn a_mandate_that_is_taken_back_ends_its_tokens_at_once_and_on_every_node(world) {
        let (_app, other) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let tokens = acting(&world, &mut browser, &mandate, &[]).await;
        let own = own(&world, &mut browser, &[]).await;
        let (verifier, challenge) = pkce();
        let waiting = acting_code(&mut browser, &challenge, &mandate, &[]).await;
        assert!(alive(&world.router, &tokens).await && alive(&other, &tokens).await);
        end(&world, &mandate).await;
        assert!(!alive(&world.router, &tokens).await, "at once");
        assert!(alive(&world.router, &own).await, "the person's own goes on");
        assert_eq!(redeem(&world, &waiting, &verifier).await.1["error"], "invalid_grant", "a code on its way is worth nothing");
        world.advance(1);
        assert!(!alive(&other, &tokens).await, "and on the other node");
        for router in [world.router.clone(), other] {
            let mut there = browser.clone();
            there.router = router;
            there.get(&query(&challenge, &[LEGAL, ("prompt", "none")])).await;
            assert_eq!(param(&there, "error").as_deref(), Some("account_selection_required"));
        }
        browser.get(&query(&challenge, &[LEGAL])).await;
        assert!(browser.shows("您还不能代表任何单位办理"), "{}", browser.body);
    }

    async fn an_expired_mandate_ends_what_rests_on_it_without_anybody_writing_it(world) {
        let _representative = signed_in(&world).await;
        let mut browser = migrate(&world, &ZHANGWEI).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let by = representative(&world, &id, "liming").await;
        let mandate = agent(&world, (&id, &by), "zhangwei", None, Some(300)).await;
        let tokens = acting(&world, &mut browser, &mandate, &[]).await;
        let (verifier, challenge) = pkce();
        world.advance(299);
        assert!(alive(&world.router, &tokens).await);
        let last = acting_code(&mut browser, &challenge, &mandate, &[]).await;
        world.advance(1);
        assert!(!alive(&world.router, &tokens).await);
        assert_eq!(redeem(&world, &last, &verifier).await.1["error"], "invalid_grant");
        browser.get(&query(&challenge, &[LEGAL])).await;
        assert!(browser.shows("授权已到期"), "{}", browser.body);
        browser.submit(&[("choice", mandate.as_str())]).await;
        assert_eq!(browser.status, 422);
        browser.get(&query(&challenge, &[LEGAL, ("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("account_selection_required"));
    }

    async fn a_unit_that_the_registry_has_called_off_ends_its_tokens_and_can_not_be_chosen(world) {
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let tokens = acting(&world, &mut browser, &mandate, &[]).await;
        let (_, challenge) = pkce();
        for (standing, words) in [("revoked", "该单位已被吊销"), ("dissolved", "该单位已注销")] {
            say(&world, &id, standing).await;
            assert!(!alive(&world.router, &tokens).await, "{standing}");
            browser.get(&query(&challenge, &[LEGAL])).await;
            assert!(browser.shows(words), "{standing}: {}", browser.body);
            browser.submit(&[("choice", mandate.as_str())]).await;
            assert!(browser.status == 422 && browser.left.is_none(), "{standing}");
        }
        say(&world, &id, "registered").await;
        assert!(alive(&world.router, &tokens).await, "the registry had it wrong for a moment");
    }

    async fn one_agent_s_consent_and_its_end_are_not_another_s(world) {
        let mut first = signed_in(&world).await;
        let mut second = migrate(&world, &ZHANGWEI).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let by = representative(&world, &id, "liming").await;
        let mandate = agent(&world, (&id, &by), "zhangwei", None, None).await;
        let tokens = acting(&world, &mut first, &by, &[("scope", "openid organization")]).await;
        let (_, challenge) = pkce();
        second.get(&query(&challenge, &[LEGAL, ("scope", "openid organization")])).await;
        second.submit(&[("choice", mandate.as_str())]).await;
        assert!(second.shows("授权登录") && second.shows("经办人"), "the second one is asked too: {}", second.body);
        second.submit(&[("decision", "allow")]).await;
        let others = acting(&world, &mut second, &mandate, &[("scope", "openid organization")]).await;
        assert_eq!(payload(&tokens)["sub"], payload(&others)["sub"], "one unit");
        assert_ne!(payload(&tokens)["act"], payload(&others)["act"], "two people");
        let mine = own(&world, &mut first, &[("scope", "openid organization")]).await;
        first.get("/account/consents").await;
        assert!(first.shows("以“合肥云海茶业有限公司”的名义"), "{}", first.body);
        let csrf = first.form().1[0].1.clone();
        first.post("/account/consents/revoke", &[("csrf", &csrf), ("client", BOOKING), ("account", id.as_str())]).await;
        assert!(!alive(&world.router, &tokens).await);
        assert!(alive(&world.router, &others).await, "the other agent's");
        assert!(alive(&world.router, &mine).await, "and the person's own");
        first.get(&query(&challenge, &[LEGAL, ("scope", "openid organization"), ("prompt", "none")])).await;
        assert_eq!(param(&first, "error").as_deref(), Some("consent_required"));
    }

    async fn each_use_of_a_unit_stands_in_the_audit_log_and_a_person_s_own_does_not(world) {
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let person = account_of(&world, "liming").await;
        acting(&world, &mut browser, &mandate, &[]).await;
        acting(&world, &mut browser, &mandate, &[]).await;
        own(&world, &mut browser, &[]).await;
        let acted = "SELECT COUNT(*) FROM audit WHERE event = 'unit.acted'";
        assert_eq!(world.scalar(acted).await, 2);
        let of = format!("{acted} AND actor = 'account:{person}' AND subject = 'account:{id}' AND detail LIKE '%{mandate}%{BOOKING}%' OR \
            event = 'unit.acted' AND actor = 'account:{person}' AND subject = 'account:{id}' AND detail LIKE '%{BOOKING}%{mandate}%'");
        assert_eq!(world.scalar(&of).await, 2);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'acting.chosen'").await, 1, "the choice, once");
        let before = world.count("audit").await;
        own(&world, &mut browser, &[]).await;
        assert_eq!(world.count("audit").await, before, "a person's own sign-on writes its grant and nothing besides");
        browser.get("/account/log").await;
        assert!(browser.shows("选择以单位身份访问“不动产登记预约”"), "{}", browser.body);
    }

    async fn verified_claims_tell_the_unit_s_outside_and_the_person_s_within_act(world) {
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let wanted = json!({ "userinfo": { "verified_claims": {
            "verification": { "trust_framework": null, "assurance_level": null, "evidence": [{
                "type": { "value": "electronic_record" }, "check_details": [{ "check_method": null }], "record": { "type": null } }] },
            "claims": { "organization_name": null, "credit_code": null, "name": null, "identity_document": null },
        } } }).to_string();
        let extra = [("scope", "openid"), ("claims", wanted.as_str())];
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[&[LEGAL][..], &extra].concat())).await;
        browser.submit(&[("choice", mandate.as_str())]).await;
        assert!(browser.shows("单位名称、经办人姓名和核验情况") && browser.shows("单位信息和经办身份"), "it counts for both scopes: {}", browser.body);
        browser.submit(&[("decision", "allow")]).await;
        let told = info(&world, &acting(&world, &mut browser, &mandate, &extra).await).await;
        assert_eq!(told["verified_claims"], json!({
            "verification": { "trust_framework": "urn:guiyi:real-name", "assurance_level": "i2", "evidence": [{
                "type": "electronic_record", "check_details": [{ "check_method": "data" }],
                "record": { "type": "organisation_register" } }] },
            "claims": { "organization_name": "合肥云海茶业有限公司", "credit_code": "91340100MA2GUY1A0X" },
        }));
        let person = &told["act"]["verified_claims"];
        assert_eq!(person["claims"]["name"], "李明");
        assert_eq!(person["verification"]["evidence"][0]["record"]["type"], "government_account");
        let outside = told["verified_claims"].to_string();
        assert!(!outside.contains("李明"), "{outside}");
        let own = own(&world, &mut browser, &extra).await;
        let own = info(&world, &own).await;
        assert!(own.get("act").is_none() && own["verified_claims"]["claims"].get("credit_code").is_none(), "{own}");
    }

    async fn a_client_that_has_lost_the_scope_or_the_kind_gets_nothing_more(world) {
        let mut world = world;
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let tokens = acting(&world, &mut browser, &mandate, &[ALL]).await;
        world.restart_with(|config| config.clients[0].scopes = "openid organization".into()).await;
        let told = info(&world, &tokens).await;
        assert!(told["act"].get("name").is_none() && told.get("name").is_none() && told.get("organization").is_some(), "{told}");
        world.restart_with(|config| config.clients[0].scopes = "openid".into()).await;
        assert_eq!(keys(&info(&world, &tokens).await), ["sub"]);
        world.restart_with(|config| config.clients[0].account_kinds.pop().map(drop).unwrap()).await;
        assert!(!alive(&world.router, &tokens).await, "no units any more");
    }

    async fn discovery_names_the_scopes_and_claims_of_units(world) {
        let mut browser = world.browser();
        browser.get("/.well-known/openid-configuration").await;
        let told: Value = serde_json::from_str(&browser.body).unwrap();
        let has = |list: &str, item: &str| told[list].as_array().unwrap().iter().any(|v| v == item);
        for (list, item) in [
            ("scopes_supported", "organization"), ("scopes_supported", "offline_access"), ("claims_supported", "organization"),
            ("claims_supported", "act"), ("claims_in_verified_claims_supported", "credit_code"),
            ("electronic_records_supported", "organisation_register"), ("grant_types_supported", "refresh_token"),
        ] {
            assert!(has(list, item), "{list}: {item}");
        }
        assert_eq!(told["introspection_endpoint"], "http://localhost:8080/introspect");
        assert_eq!(told["revocation_endpoint"], "http://localhost:8080/revoke");
    }
}
