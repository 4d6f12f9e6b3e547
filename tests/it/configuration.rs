//! Configuration and the command line.

use std::path::PathBuf;
use std::process::Command;

use guiyi::config::{LoadError, load};
use guiyi::protocol::account_kind::AccountKind;

/// The example of the documentation, with its placeholders replaced.
fn example() -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap();
    let toml = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    toml.replace("change-me", "0f9a1b7c")
}

fn file(content: &str) -> PathBuf {
    let name = format!("guiyi-config-{}.toml", guiyi::clock::Random::system().token::<9>());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn refusal(content: &str) -> String {
    let path = file(content);
    let error = load(&path).expect_err("it must be refused");
    std::fs::remove_file(path).unwrap();
    error.to_string()
}

#[test]
fn the_documented_example_is_a_configuration() {
    let path = file(&example());
    let config = load(&path).unwrap();
    assert_eq!(config.issuer_text(), "https://portal.example.gov.cn");
    assert_eq!(config.clients.len(), 2, "one that signs people in, and a machine");
    assert_eq!(config.systems.len(), 4, "one of each connector kind, and a table of units");
    let held: Vec<_> = config.systems.iter().map(|s| AccountKind::ALL.map(|kind| s.holds(kind))).collect();
    assert_eq!(held, [[true, true], [true, false], [false, true], [true, false]]);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn the_instance_for_the_conformance_suite_is_a_configuration() {
    let config = load(concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/guiyi.toml").as_ref()).unwrap();
    assert_eq!(config.clients.len(), 5, "two with client_secret_basic, one with _post, one for each logout channel");
}

#[test]
fn unknown_settings_are_refused_by_name() {
    assert!(refusal(&example().replace("connections = 8", "conections = 8")).contains("conections"));
    assert!(refusal(&format!("isuer = 1\n{}", example())).contains("isuer"));
    assert!(refusal(&example().replace("kind = \"ticket\"", "kind = \"demo\"")).contains("demo"));
    assert!(refusal(&format!("test_mode = true\n{}", example())).contains("test_mode"), "no way to demo parts");
}

#[test]
fn an_http_issuer_is_refused_and_all_faults_are_told_at_once() {
    let bad = example()
        .replace("https://portal.example.gov.cn", "http://portal.example.gov.cn/path")
        .replace("0f9a1b7c-0000000000000000", "change-me-0000000000000000")
        .replace("https://booking.example.gov.cn/callback", "http://booking.example.gov.cn/callback#x")
        .replace("openid profile real_name", "openid everything");
    let told = refusal(&bad);
    for setting in [
        "issuer",
        "gateway.secret",
        "source.secret",
        "registry.secret",
        "clients.booking.secret",
        "clients.booking.redirect_uris",
        "clients.booking.scopes",
    ] {
        assert!(told.contains(setting), "{setting} in:\n{told}");
    }
    assert!(told.contains("https"));
}

#[test]
fn a_sign_in_at_a_provider_is_confirmed_after_a_second_at_the_earliest_and_a_day_at_the_latest() {
    for seconds in ["0", "86401"] {
        let told = refusal(&example().replace("refresh_after = 600", &format!("refresh_after = {seconds}")));
        assert!(told.contains("connector.refresh_after"), "{told}");
    }
}

#[test]
fn a_client_that_asks_for_legacy_accounts_owns_a_system_that_exists() {
    let owner = |owns: &str| example().replace("owns_system = \"hefei\"", owns);
    assert!(refusal(&owner("")).contains("clients.booking.owns_system"), "the scope needs a system");
    assert!(refusal(&owner("owns_system = \"nowhere\"")).contains("there is no system nowhere"));
    let path = file(&example());
    let owned = load(&path).unwrap().clients[0].owns_system.clone();
    assert_eq!(owned.unwrap().as_str(), "hefei");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_client_s_kinds_of_accounts_fit_its_scopes() {
    let kinds = |scopes: &str, kinds: &str| {
        let text = example().replace("openid profile real_name legacy_accounts", scopes);
        text.replace("account_kinds = [\"individual\"]", kinds)
    };
    assert!(refusal(&kinds("openid legacy_accounts organization", "")).contains("clients.booking.account_kinds"));
    assert!(refusal(&kinds("openid legacy_accounts", "account_kinds = []")).contains("clients.booking.account_kinds"));
    assert!(refusal(&kinds("openid legacy_accounts", "account_kinds = [\"robot\"]")).contains("robot"));
    assert!(
        refusal(&example().replace("units_alone = false", "units_alone = true"))
            .contains("clients.booking.units_alone")
    );
    let path = file(&kinds("openid legacy_accounts organization offline_access", "account_kinds = [\"legal_person\"]"));
    assert_eq!(load(&path).unwrap().clients[0].account_kinds.len(), 1);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn logout_and_launch_uris_are_https_and_the_front_channel_has_an_own_origin() {
    let with = |line: &str| {
        let at = "post_logout_redirect_uris";
        example().replace(at, &format!("{line}\n{at}"))
    };
    for (field, uri) in [
        ("initiate_login_uri", "http://booking.example.gov.cn/start"),
        ("frontchannel_logout_uri", "https://other.example.gov.cn/out"),
        ("frontchannel_logout_uri", "https://booking.example.gov.cn:8443/out"),
        ("backchannel_logout_uri", "https://booking.example.gov.cn/out#x"),
        ("backchannel_logout_uri", "cn.gov.booking:/out"),
    ] {
        let told = refusal(&with(&format!("{field} = \"{uri}\"")));
        assert!(told.contains(&format!("clients.booking.{field}")), "{uri}: {told}");
    }
    let path = file(&with("frontchannel_logout_uri = \"https://booking.example.gov.cn/out\""));
    assert!(load(&path).unwrap().clients[0].metadata.frontchannel_logout_uri.is_some());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_client_s_algorithms_are_ones_that_it_and_the_portal_can_sign_with() {
    let at = "owns_system = \"hefei\"";
    let with = |lines: &str| example().replace(at, &format!("{at}\n{lines}"));
    let jwks = "jwks_uri = \"https://booking.example.gov.cn/keys\"";
    for (lines, setting) in [
        ("token_endpoint_auth_signing_alg = \"none\"", "clients.booking.token_endpoint_auth_signing_alg"),
        ("token_endpoint_auth_signing_alg = \"HS256\"", "clients.booking.token_endpoint_auth_signing_alg"),
        ("request_object_signing_alg = \"none\"", "clients.booking.request_object_signing_alg"),
        ("request_object_signing_alg = \"RS512\"", "clients.booking.request_object_signing_alg"),
        ("request_object_signing_alg = \"ES256\"", "clients.booking.jwks_uri"),
        ("require_signed_request_object = true", "clients.booking.jwks_uri"),
        ("userinfo_signed_response_alg = \"none\"", "none"),
        ("userinfo_signed_response_alg = \"HS256\"", "HS256"),
    ] {
        let told = refusal(&with(lines));
        assert!(told.contains(setting), "{setting} in:\n{told}");
    }
    let shared = "token_endpoint_auth_method = \"client_secret_jwt\"";
    let long = |lines: &str| with(lines).replace("0f9a1b7c-0000000000000000", "0f9a1b7c-0000000000000000-0000000000");
    for field in ["token_endpoint_auth_signing_alg", "request_object_signing_alg"] {
        let told = refusal(&long(&format!("{shared}\n{field} = \"ES256\"")));
        assert!(told.contains(&format!("clients.booking.{field}: must be one of HS256")), "{told}");
    }
    for algorithm in ["none", "HS256", "es256"] {
        let told = refusal(&example().replace("alg = \"ES256\"     # or", &format!("alg = \"{algorithm}\"     # or")));
        assert!(told.contains(algorithm), "{told}");
    }
    for lines in [
        format!("{shared}\ntoken_endpoint_auth_signing_alg = \"HS256\"\nrequest_object_signing_alg = \"HS256\""),
        format!("{jwks}\nrequest_object_signing_alg = \"EdDSA\"\nrequire_signed_request_object = true"),
        format!(
            "{jwks}\ntoken_endpoint_auth_method = \"private_key_jwt\"\ntoken_endpoint_auth_signing_alg = \"PS256\""
        ),
        "userinfo_signed_response_alg = \"PS256\"".to_owned(),
    ] {
        let path = file(&long(&lines));
        let config = load(&path).unwrap_or_else(|error| panic!("{lines}: {error}"));
        assert_eq!(config.clients.iter().map(|client| client.require_pkce).collect::<Vec<_>>(), [true, false]);
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn the_published_secrets_of_the_documentation_are_refused() {
    let text = example().replace("0f9a1b7c", "change-me");
    assert!(refusal(&text).contains("published"));
}

#[test]
fn a_demonstration_s_keys_are_refused() {
    let keys = std::env::temp_dir().join(format!("guiyi-demo-keys-{}", guiyi::clock::Random::system().token::<9>()));
    std::fs::create_dir_all(&keys).unwrap();
    let text = example().replace("/var/lib/guiyi/keys", keys.to_str().unwrap());
    let path = file(&text);
    load(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    std::fs::write(keys.join(guiyi::config::DEMONSTRATION), "").unwrap();
    assert!(refusal(&text).contains("keys.directory: these are a demonstration's keys"));
    std::fs::remove_dir_all(keys).unwrap();
}

#[test]
fn connectors_that_would_believe_or_keep_too_much_are_refused() {
    let told = refusal(
        &example()
            .replace(
                "id = \"jyt\"\n",
                "id = \"jyt\"\nvouches = true\ncarry_over = \"with_second_step\"\nsign_in = true\n",
            )
            .replace("table = \"exam_user\"", "table = \"exam user\"")
            .replace("\"uid\"", "\"uid\\\" OR 1=1 --\"")
            .replace("name = \"real_name\"", "name = \"real-name\"")
            .replace("salt = \"salt\"\n", "")
            .replace("/var/lib/exam/", "exam/")
            .replace("verified_claim = \"real_name_level\"", "")
            .replace("https://id.police", "http://id.police")
            .replace("id = \"gat\"\n", "id = \"gat\"\ncarry_over = \"with_second_step\"\n"),
    );
    for setting in [
        "systems.jyt.vouches",
        "systems.jyt.carry_over",
        "systems.jyt.sign_in",
        "systems.jyt.connector: \"exam user\"",
        "systems.jyt.connector: \"uid",
        "systems.jyt.connector: \"real-name\"",
        "systems.jyt.connector.salt",
        "systems.jyt.connector.path",
        "systems.gat.connector.verified_claim",
        "systems.gat.connector.issuer",
        "systems.gat.carry_over",
    ] {
        assert!(told.contains(setting), "{setting} in:\n{told}");
    }
    assert!(refusal(&example().replace("\"md5_16\", ", "\"md5_17\", ")).contains("md5_17"));
    assert!(refusal(&example().replace("userinfo = true", "user_info = true")).contains("user_info"));
}

#[test]
fn a_system_holds_what_its_connector_can_tell() {
    let with =
        |id: &str, line: &str| example().replace(&format!("\nid = \"{id}\""), &format!("\n{line}\nid = \"{id}\""));
    for (id, line, setting) in [
        ("hefei", "holds = []", "systems.hefei.holds"),
        ("jyt", "holds = [\"individual\", \"legal_person\"]", "systems.jyt.holds"),
        ("jyt", "holds = [\"legal_person\"]", "systems.jyt.connector.columns.credit_code"),
        ("gat", "holds = [\"legal_person\"]", "systems.gat.holds"),
        ("hefei", "holds = [\"company\"]", "company"),
    ] {
        let told = refusal(&with(id, line));
        assert!(told.contains(setting), "{setting} in:\n{told}");
    }
    let individuals = example().replace("holds = [\"legal_person\"]", "holds = [\"individual\"]");
    assert!(refusal(&individuals).contains("systems.mzt.connector.columns"), "columns of units without units");
    assert!(refusal(&example().replace("uscc", "us cc")).contains("systems.mzt.connector: \"us cc\""));
    let believed = example().replace("holds = [\"legal_person\"]", "holds = [\"legal_person\"]\nvouches = true");
    assert!(refusal(&believed).contains("systems.mzt.vouches"));
    let claims = example().replace("claims = { ", "claims = { credit_code = \"uscc\", ");
    assert!(refusal(&claims).contains("systems.gat.holds"));
}

#[test]
fn a_missing_file_is_named() {
    assert!(
        matches!(load(std::path::Path::new("/nowhere/guiyi.toml")), Err(LoadError::Missing(path)) if path.contains("nowhere"))
    );
}

#[test]
fn serve_ends_with_an_error_that_names_the_fault() {
    let path = file(&example().replace("https://portal", "http://portal"));
    let output = Command::new(env!("CARGO_BIN_EXE_guiyi")).args(["serve", "--config"]).arg(&path).output().unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("issuer: must be https"));
}

#[test]
fn keys_are_made_private_and_a_readable_one_stops_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("guiyi-keys-{}", guiyi::clock::Random::system().token::<9>()));
    let random = guiyi::clock::Random::system();
    let first = guiyi::keys::load_root(&folder, &random).unwrap().encode();
    guiyi::keys::SigningKeys::load(&folder, &guiyi::clock::Clock::System).unwrap();
    assert_eq!(guiyi::keys::load_root(&folder, &random).unwrap().encode(), first, "made once");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    std::fs::set_permissions(folder.join("root.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(guiyi::keys::load_root(&folder, &random).is_err());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn sessions_are_bounded_and_shorter_in_halls() {
    let with = |from: &str, to: &str| refusal(&example().replacen(from, to, 1));
    assert!(with("idle_minutes = 30", "idle_minutes = 31").contains("sessions.idle_minutes"));
    assert!(with("absolute_hours = 12", "absolute_hours = 0").contains("sessions.absolute_hours"));
    assert!(with("idle_minutes = 5 ", "idle_minutes = 45 ").contains("halls.idle_minutes"));
    assert!(with("absolute_minutes = 60", "absolute_minutes = 1000").contains("halls.absolute_minutes"));
    let path = file(&example().replace("idle_minutes = 30", "").replace("absolute_hours = 12", ""));
    let config = load(&path).unwrap();
    assert_eq!((config.sessions.idle_minutes, config.sessions.absolute_hours), (30, 12), "as ever");
    std::fs::remove_file(path).unwrap();
}
