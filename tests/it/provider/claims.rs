//! The claims: by scope, by name, verified, and of the old system.

use guiyi::protocol::claims::{MAX_LENGTH, Parsed};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::tokens::redeem;
use super::*;
use crate::support::{BOOKING, RS256, RS256_SECRET, pkce, token, userinfo};

const SOCIAL: [(&str, &str); 2] = [("client_id", RS256), ("redirect_uri", "https://social.example/callback?tenant=1")];

/// What a request of the demonstration's client gives: ID token claims and userinfo.
pub async fn asked(world: &World, browser: &mut Browser, scope: &str, claims: &Value) -> (Value, Value) {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[("scope", scope), ("claims", &claims.to_string())]).await;
    let (status, tokens) = redeem(world, &code, &verifier).await;
    assert_eq!(status, 200, "{tokens}");
    let info = userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.1;
    (payload(&tokens), info)
}

/// The claims of an ID token whose signature was checked elsewhere.
pub fn payload(tokens: &Value) -> Value {
    use base64::Engine;
    let part = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A request for verified claims at userinfo, and what comes of it.
async fn verified(world: &World, browser: &mut Browser, request: Value) -> Value {
    let wanted = json!({ "userinfo": { "verified_claims": request } });
    asked(world, browser, "openid", &wanted).await.1["verified_claims"].clone()
}

/// Tokens of the client that owns the old system.
async fn social(world: &World, browser: &mut Browser, extra: &[(&str, &str)]) -> Value {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[&SOCIAL[..], extra].concat()).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), SOCIAL[1], ("code_verifier", &verifier)];
    token(&world.router, Some((RS256, RS256_SECRET)), &form).await.1
}

async fn info_of(world: &World, tokens: &Value) -> Value {
    userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.1
}

both! {
    async fn each_scope_opens_its_claims_and_no_others(world) {
        let mut browser = signed_in(&world).await;
        for (scope, names) in [
            ("openid", vec!["sub"]),
            ("openid profile", vec!["account_kind", "gender", "preferred_username", "sub", "updated_at"]),
            ("openid phone", vec!["phone_number", "phone_number_verified", "sub"]),
            ("openid email", vec!["sub"]),
            ("openid real_name", vec!["identity_document", "name", "sub"]),
        ] {
            let (verifier, challenge) = pkce();
            let code = code(&mut browser, &challenge, &[("scope", scope)]).await;
            let (_, tokens) = redeem(&world, &code, &verifier).await;
            let info = info_of(&world, &tokens).await;
            assert_eq!(info.as_object().unwrap().keys().collect::<Vec<_>>(), names, "{scope}");
            let id_token = payload(&tokens);
            for name in names.iter().filter(|name| **name != "sub") {
                assert!(id_token.get(name).is_none(), "{name} isn't in the ID token unless it is asked for there");
            }
        }
    }

    async fn claims_asked_for_by_name_come_where_they_were_asked_for(world) {
        let mut browser = signed_in(&world).await;
        let wanted = json!({
            "userinfo": { "phone_number": { "essential": true }, "nickname": null, "name": { "value": "别人" } },
            "id_token": { "preferred_username": null, "auth_time": { "essential": true }, "gender": { "values": ["male", "female"] } },
            "unknown": 1,
        });
        let (id_token, info) = asked(&world, &mut browser, "openid", &wanted).await;
        assert_eq!(info.as_object().unwrap().keys().collect::<Vec<_>>(), ["phone_number", "sub"], "another value is left out");
        assert_eq!(info["phone_number"], "+8619900000001");
        assert_eq!(id_token["preferred_username"], "liming");
        assert_eq!(id_token["gender"], "male");
        assert!(id_token.get("phone_number").is_none() && id_token["auth_time"].is_i64());
    }

    async fn asking_for_a_claim_asks_for_consent_to_its_scope(world) {
        let mut browser = signed_in(&world).await;
        let (_, challenge) = pkce();
        code(&mut browser, &challenge, &[]).await;
        let wanted = json!({ "userinfo": { "phone_number": null } }).to_string();
        let verified = json!({ "id_token": { "verified_claims": { "verification": { "trust_framework": null }, "claims": { "name": null } } } }).to_string();
        for claims in [&wanted, &verified] {
            browser.get(&query(&challenge, &[("prompt", "none"), ("claims", claims)])).await;
            assert_eq!(param(&browser, "error").as_deref(), Some("consent_required"));
        }
        browser.get(&query(&challenge, &[("claims", &wanted)])).await;
        assert!(browser.shows("手机号") && browser.shows("199****0001"), "{}", browser.body);
        browser.submit(&[("decision", "allow")]).await;
        browser.get(&query(&challenge, &[("prompt", "none"), ("claims", &wanted)])).await;
        assert!(param(&browser, "code").is_some(), "remembered");
        browser.get(&query(&challenge, &[("claims", &verified)])).await;
        assert!(browser.shows("核验情况") && browser.shows("李*"), "{}", browser.body);
    }

    async fn a_client_gets_no_claim_of_a_scope_that_it_is_not_granted(world) {
        let mut browser = signed_in(&world).await;
        let wanted = json!({ "userinfo": {
            "name": { "essential": true }, "identity_document": null, "email": null,
            "verified_claims": { "verification": { "trust_framework": null }, "claims": { "name": null } },
        } });
        let tokens = social(&world, &mut browser, &[("scope", "openid"), ("claims", &wanted.to_string())]).await;
        assert_eq!(info_of(&world, &tokens).await.as_object().unwrap().keys().collect::<Vec<_>>(), ["sub"]);
        // Nor one that was taken away after the consent.
        let mut world = world;
        let (verifier, challenge) = pkce();
        let claims = json!({ "userinfo": { "name": null } }).to_string();
        let code = code(&mut browser, &challenge, &[("scope", "openid real_name"), ("claims", &claims)]).await;
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        assert_eq!(info_of(&world, &tokens).await["name"], "李明");
        world.restart_with(|config| config.clients[0].scopes = "openid profile".into()).await;
        assert!(info_of(&world, &tokens).await.get("name").is_none());
    }

    async fn a_malformed_claims_parameter_is_refused_and_unknown_members_are_not(world) {
        let mut browser = signed_in(&world).await;
        let (_, challenge) = pkce();
        let deep = format!("{{\"userinfo\":{{\"x\":{}1{}}}}}", "[".repeat(20), "]".repeat(20));
        let long = json!({ "userinfo": { "name": { "values": ["x".repeat(MAX_LENGTH)] } } }).to_string();
        let ida = |request: Value| json!({ "userinfo": { "verified_claims": request } }).to_string();
        for bad in [
            "x".to_owned(), "[]".into(), "null".into(), "{".into(), "\"userinfo\"".into(), deep, long,
            r#"{"userinfo":[]}"#.into(), r#"{"userinfo":"name"}"#.into(), r#"{"id_token":1}"#.into(),
            r#"{"userinfo":{"name":1}}"#.into(), r#"{"userinfo":{"name":{"essential":"yes"}}}"#.into(),
            r#"{"userinfo":{"name":{"values":"x"}}}"#.into(), r#"{"userinfo":{"name":{"values":[]}}}"#.into(),
            r#"{"userinfo":{"name":{"value":"x","values":["x"]}}}"#.into(), r#"{"id_token":{"acr":"urn:guiyi:i2:a1"}}"#.into(),
            r#"{"id_token":{"sub":"x"}}"#.into(),
            ida(json!(null)), ida(json!([])), ida(json!({})), ida(json!({ "claims": { "name": null } })),
            ida(json!({ "verification": { "trust_framework": null }, "claims": {} })),
            ida(json!({ "verification": { "time": null }, "claims": { "name": null } })),
            ida(json!({ "verification": { "trust_framework": null, "evidence": [{ "type": null }] }, "claims": { "name": null } })),
            ida(json!({ "verification": { "trust_framework": null, "evidence": {} }, "claims": { "name": null } })),
        ] {
            browser.get(&query(&challenge, &[("claims", &bad)])).await;
            assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"), "{bad}");
            assert_eq!(param(&browser, "state").as_deref(), Some("state-1"));
        }
        for good in ["{}", r#"{"userinfo":null}"#, r#"{"userinfo":{"name#zh":3},"x":[[]],"id_token":{"nickname":7}}"#] {
            code(&mut browser, &challenge, &[("claims", good)]).await;
        }
    }

    async fn a_subject_that_is_somebody_else_s_is_never_answered(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let mine = payload(&redeem(&world, &code, &verifier).await.1)["sub"].clone();
        for place in ["id_token", "userinfo"] {
            let right = json!({ place: { "sub": { "value": mine } } }).to_string();
            let wrong = json!({ place: { "sub": { "value": "somebody-else" } } }).to_string();
            browser.get(&query(&challenge, &[("prompt", "none"), ("claims", &right)])).await;
            assert!(param(&browser, "code").is_some(), "{place}");
            browser.get(&query(&challenge, &[("prompt", "none"), ("claims", &wrong)])).await;
            assert_eq!(param(&browser, "error").as_deref(), Some("login_required"), "{place}");
            world.advance(1);
            browser.get(&query(&challenge, &[("claims", &wrong)])).await;
            assert!(browser.at.starts_with("/login"), "{place}: {}", browser.at);
            browser.submit(&[("identifier", "liming"), ("password", crate::migration::NEW_PASSWORD)]).await;
            assert_eq!(param(&browser, "error").as_deref(), Some("login_required"), "{place}: nor after a fresh sign-in");
        }
    }

    async fn an_essential_acr_is_reached_or_refused_and_a_voluntary_one_is_told(world) {
        let mut browser = signed_in(&world).await;
        let (_, challenge) = pkce();
        let acr = |essential: bool, values: &[&str]| json!({ "id_token": { "acr": { "essential": essential, "values": values } } });
        for values in [vec!["urn:guiyi:i2:a1"], vec!["urn:guiyi:i1:a1"], vec!["urn:guiyi:i4:a3", "urn:guiyi:i2:a1"], vec![]] {
            let claims = if values.is_empty() { json!({ "id_token": { "acr": { "essential": true } } }) } else { acr(true, &values) };
            assert_eq!(asked(&world, &mut browser, "openid", &claims).await.0["acr"], "urn:guiyi:i2:a1", "{values:?}");
        }
        let voluntary = acr(false, &["urn:guiyi:i4:a3"]);
        assert_eq!(asked(&world, &mut browser, "openid", &voluntary).await.0["acr"], "urn:guiyi:i2:a1");
        for value in ["urn:guiyi:i4:a1", "urn:guiyi:i2:a3", "urn:mace:incommon:iap:silver"] {
            let claims = acr(true, &[value]).to_string();
            browser.get(&query(&challenge, &[("prompt", "none"), ("claims", &claims)])).await;
            assert_eq!(param(&browser, "error").as_deref(), Some("login_required"), "{value}");
            world.advance(1);
            browser.get(&query(&challenge, &[("claims", &claims)])).await;
            assert!(browser.at.starts_with("/login"), "a sign-in might reach it: {}", browser.at);
            browser.submit(&[("identifier", "liming"), ("password", crate::migration::NEW_PASSWORD)]).await;
            assert_eq!(param(&browser, "error").as_deref(), Some("unmet_authentication_requirements"), "{value}");
        }
    }

    async fn verified_claims_say_which_source_proved_what_and_when(world) {
        let mut upstream = signed_in(&world).await;
        let request = json!({
            "verification": { "trust_framework": null, "assurance_level": null, "time": null, "evidence": [{
                "type": { "value": "electronic_record" },
                "check_details": [{ "check_method": null, "organization": null }],
                "record": { "type": null, "source": { "name": null } },
            }] },
            "claims": { "name": null, "birthdate": null, "gender": null, "identity_document": null, "nationality": null },
        });
        assert_eq!(verified(&world, &mut upstream, request.clone()).await, json!({
            "verification": {
                "trust_framework": "urn:guiyi:real-name", "assurance_level": "i2", "time": "2026-11-24T02:00:00Z",
                "evidence": [{
                    "type": "electronic_record",
                    "check_details": [{ "check_method": "auth", "organization": "合肥市-合肥市政务服务网" }],
                    "record": { "type": "government_account", "source": { "name": "合肥市-合肥市政务服务网" } },
                }],
            },
            "claims": {
                "name": "李明", "birthdate": "1988-03-15", "gender": "male",
                "identity_document": { "type": "resident_id", "country": "CHN", "number": "340102198803159975" },
            },
        }));
        let mut checked = crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        let record = &verified(&world, &mut checked, request).await["verification"]["evidence"][0]["record"];
        assert_eq!(*record, json!({ "type": "population_register", "source": { "name": "population" } }));
        let least = json!({ "verification": { "trust_framework": null }, "claims": { "name": null } });
        let claims = json!({ "id_token": { "verified_claims": least } });
        let (id_token, info) = asked(&world, &mut checked, "openid", &claims).await;
        assert_eq!(id_token["verified_claims"], json!({
            "verification": { "trust_framework": "urn:guiyi:real-name" }, "claims": { "name": "张伟" },
        }), "no more than was asked for");
        assert!(info.get("verified_claims").is_none());
    }

    async fn verified_claims_that_can_not_be_met_are_left_out_whole(world) {
        let mut browser = signed_in(&world).await;
        world.advance(100);
        let with = |verification: Value, claims: Value| json!({ "verification": verification, "claims": claims });
        let name = || json!({ "name": null });
        for (request, why) in [
            (with(json!({ "trust_framework": { "value": "eidas" } }), name()), "another framework"),
            (with(json!({ "trust_framework": { "values": ["eidas", "de_aml"] } }), name()), "other frameworks"),
            (with(json!({ "trust_framework": null, "assurance_level": { "value": "i3" } }), name()), "a higher level"),
            (with(json!({ "trust_framework": null, "time": { "max_age": 99 } }), name()), "too long ago"),
            (with(json!({ "trust_framework": null, "evidence": [{ "type": { "value": "document" } }] }), name()), "other evidence"),
            (with(json!({ "trust_framework": null, "evidence": [{ "type": { "value": "electronic_record" },
                "record": { "type": { "value": "population_register" } } }] }), name()), "another record"),
            (with(json!({ "trust_framework": null, "assurance_process": { "policy": { "value": "gpg45" } } }), name()), "what isn't known can't be restricted"),
            (with(json!({ "trust_framework": null }), json!({ "nationality": null })), "an unknown claim"),
            (with(json!({ "trust_framework": null }), json!({ "name": { "value": "别人" } })), "another name"),
        ] {
            assert_eq!(verified(&world, &mut browser, request).await, Value::Null, "{why}");
        }
        for request in [
            with(json!({ "trust_framework": { "values": ["eidas", "urn:guiyi:real-name"] }, "assurance_level": { "value": "i2" } }), name()),
            with(json!({ "trust_framework": null, "time": { "max_age": 100 }, "txn": null }), json!({ "name": { "value": "李明" }, "gender": { "value": "female" } })),
            with(json!({ "trust_framework": null, "evidence": [{ "type": { "value": "document" } }, { "type": { "value": "electronic_record" } }] }), name()),
        ] {
            let told = verified(&world, &mut browser, request.clone()).await;
            assert_eq!(told["claims"], json!({ "name": "李明" }), "{request}: {told}");
        }
        let several = json!([
            with(json!({ "trust_framework": { "value": "eidas" } }), name()),
            with(json!({ "trust_framework": null }), name()),
            with(json!({ "trust_framework": null }), json!({ "birthdate": null })),
        ]);
        assert_eq!(verified(&world, &mut browser, several).await.as_array().map(Vec::len), Some(2));
        // What a reviewer saw is a document.
        world.execute("UPDATE verifications SET method = 'review', source = 'portal', level = 3").await;
        let document = with(json!({ "trust_framework": null, "assurance_level": null,
            "evidence": [{ "type": { "value": "document" }, "check_details": [{ "check_method": null, "organization": null }], "document_details": null }] }), name());
        assert_eq!(verified(&world, &mut browser, document).await["verification"], json!({
            "trust_framework": "urn:guiyi:real-name", "assurance_level": "i3",
            "evidence": [{ "type": "document", "check_details": [{ "check_method": "vri", "organization": "portal" }], "document_details": { "type": "idcard" } }],
        }));
        // Without evidence nothing is verified.
        world.execute("DELETE FROM verifications").await;
        assert_eq!(verified(&world, &mut browser, with(json!({ "trust_framework": null }), name())).await, Value::Null);
    }

    async fn the_documented_request_gets_the_documented_answer(world) {
        let text = include_str!("../../../docs/integration.md");
        let examples: Vec<Value> = text.split("```json\n").skip(1)
            .map(|part| serde_json::from_str(part.split("```").next().unwrap()).unwrap()).collect();
        let mut browser = signed_in(&world).await;
        let (_, info) = asked(&world, &mut browser, "openid", &examples[0]).await;
        assert_eq!(info["verified_claims"], examples[1]["verified_claims"]);
        let tokens = social(&world, &mut browser, &[("scope", "openid legacy_accounts")]).await;
        let told = info_of(&world, &tokens).await["legacy_accounts"][0].clone();
        let documented = &examples[2]["legacy_accounts"][0];
        assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), documented.as_object().unwrap().keys().collect::<Vec<_>>());
        assert_eq!((&told["system"], &told["linked_at"]), (&documented["system"], &documented["linked_at"]));
    }

    async fn discovery_tells_of_claims_and_verified_claims(world) {
        let mut browser = world.browser();
        browser.get("/.well-known/openid-configuration").await;
        let told: Value = serde_json::from_str(&browser.body).unwrap();
        assert_eq!(told["claims_parameter_supported"], true);
        assert_eq!(told["verified_claims_supported"], true);
        assert_eq!(told["trust_frameworks_supported"], json!(["urn:guiyi:real-name"]));
        assert_eq!(told["evidence_supported"], json!(["electronic_record", "document"]));
        assert_eq!(told["claims_in_verified_claims_supported"], json!(["name", "gender", "birthdate", "identity_document", "organization_name", "credit_code"]));
        for (list, member) in [
            ("claims_supported", "verified_claims"), ("claims_supported", "legacy_accounts"), ("claims_supported", "address"), ("scopes_supported", "address"), ("scopes_supported", "legacy_accounts"),
            ("electronic_records_supported", "population_register"), ("documents_supported", "idcard"),
            ("documents_check_methods_supported", "vri"),
        ] {
            assert!(told[list].as_array().unwrap().contains(&json!(member)), "{list}: {}", told[list]);
        }
    }

    async fn legacy_accounts_are_those_of_the_client_s_own_system_while_they_are_linked(world) {
        let mut browser = signed_in(&world).await;
        let account = world.text("SELECT id FROM accounts").await;
        world.execute(&format!(
            "INSERT INTO legacy_links (id, system_id, subject, account_id, journey_id, linked_at) VALUES ('l1', 'wuhu', 'w-77', '{account}', 'j', 1)"
        )).await;
        browser.get(&query(&pkce().1, &[&SOCIAL[..], &[("scope", "openid legacy_accounts")]].concat())).await;
        assert!(browser.shows("您在原系统中的账号编号") && browser.shows("合肥市-合肥市政务服务网"), "{}", browser.body);
        let tokens = social(&world, &mut browser, &[("scope", "openid legacy_accounts")]).await;
        let subject = world.text("SELECT subject FROM legacy_links WHERE system_id = 'hefei'").await;
        let told = info_of(&world, &tokens).await["legacy_accounts"].clone();
        assert_eq!(told, json!([{ "system": "hefei", "sub": subject, "linked_at": 1_795_485_600 }]));
        let by_name = json!({ "id_token": { "legacy_accounts": null } }).to_string();
        let in_token = social(&world, &mut browser, &[("scope", "openid"), ("claims", &by_name)]).await;
        assert_eq!(payload(&in_token)["legacy_accounts"], told);
        world.execute("UPDATE legacy_links SET unlinked_at = 5 WHERE system_id = 'hefei'").await;
        assert!(info_of(&world, &tokens).await.get("legacy_accounts").is_none(), "ended links disappear");
        browser.get(&query(&pkce().1, &[("client_id", BOOKING), ("scope", "openid legacy_accounts")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_scope"), "another client owns no system");
    }

    async fn without_the_claims_parameter_tokens_are_no_larger(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let plain = code(&mut browser, &challenge, &[]).await;
        let unused = code(&mut browser, &challenge, &[("claims", r#"{"userinfo":{"nickname":null}}"#)]).await;
        assert_eq!(plain.len(), unused.len());
        let full = json!({ "userinfo": { "name": { "values": ["x".repeat(MAX_LENGTH - 60)] } } }).to_string();
        let large = code(&mut browser, &challenge, &[("claims", &full)]).await;
        assert!(large.len() < 4096, "{}", large.len());
        assert_eq!(redeem(&world, &large, &verifier).await.0, 200);
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "userinfo",
        "id_token",
        "verified_claims",
        "verification",
        "claims",
        "trust_framework",
        "evidence",
        "type",
        "value",
        "values",
        "essential",
        "name",
        "sub",
        "acr",
        "phone_number",
        "max_age",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(8, 64, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_claims_parser_takes_anything_and_keeps_no_more_than_it_was_given(value in json_value(), text in ".{0,200}") {
        let _ = Parsed::parse(&text);
        let given = value.to_string();
        if let Ok(parsed) = Parsed::parse(&given) {
            let kept = serde_json::to_string(&parsed.claims).unwrap();
            prop_assert!(given.len() <= MAX_LENGTH && kept.len() <= given.len() + 64, "{kept} of {given}");
            prop_assert_eq!(serde_json::from_str::<guiyi::protocol::claims::ClaimsRequest>(&kept).unwrap(), parsed.claims);
        }
    }
}
