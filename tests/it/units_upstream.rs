//! Units at legacy systems: what the ticket API and an old user table say of them, and whose accounts a system has.

use guiyi::config::Connector;
use guiyi::demo::people::{COMPANIES, PEOPLE, Person, SOCIETIES, State};
use guiyi::domain::unit::{CreditCode, UnitType, day_from_legacy};
use guiyi::ids::SystemId;
use guiyi::protocol::account_kind::AccountKind;
use guiyi::secret::Secret;
use guiyi::upstream::{Credentials, SignInFailure, UpstreamProof};

use crate::support::{Engine, World};

use AccountKind::{Individual, LegalPerson};

async fn sign_in(
    world: &World,
    (system, kind): (&str, AccountKind),
    account: &str,
    password: &str,
) -> Result<UpstreamProof, SignInFailure> {
    let system = world.app.systems.get(&SystemId::from(system)).unwrap();
    system.sign_in(&Credentials { account, password: &Secret::new(password), kind }).await
}

/// The proof says what the old row says, and can be read by the domain's types.
fn says_the_row(proof: &UpstreamProof, person: &Person) {
    let (row, said) = (person.unit.unwrap().row, proof.profile());
    let unit = said.unit.as_ref().unwrap();
    assert_eq!((proof.kind(), proof.subject().as_str()), (LegalPerson, person.user_id));
    assert_eq!((said.name.as_str(), said.document_number.as_str()), (person.name, person.id_number));
    assert_eq!((unit.name.as_str(), unit.credit_code.as_str()), (row.name, row.credit_code));
    assert_eq!((unit.address.as_str(), said.phone.as_str()), (row.address, person.mobile));
    assert_eq!(UnitType::from_legacy(&unit.unit_type), UnitType::parse(row.unit_type), "{}", unit.unit_type);
    assert_eq!(day_from_legacy(&unit.registered_on), day_from_legacy(row.registered_on));
    assert!(CreditCode::parse(&unit.credit_code).is_ok());
    assert_eq!((said.gender.as_str(), said.birth_date.as_str()), ("", ""), "nothing of a person besides");
}

#[tokio::test]
async fn the_ticket_api_tells_a_unit_and_its_representative() {
    let world = World::new(Engine::Sqlite, "units_ticket").await;
    for person in COMPANIES {
        let answer = sign_in(&world, ("gsj", LegalPerson), person.account, person.password).await;
        match person.state {
            State::Locked => assert_eq!(answer, Err(SignInFailure::Locked)),
            State::Disabled => assert_eq!(answer, Err(SignInFailure::Disabled)),
            State::Active => {
                let proof = answer.unwrap();
                assert!(proof.vouched(), "{}: its representative is verified there", person.account);
                says_the_row(&proof, person);
                assert_eq!(proof.profile().document_type, "resident_id");
            }
        }
    }
    let wrong = sign_in(&world, ("gsj", LegalPerson), "huiyun", "wrong").await;
    assert_eq!(wrong, Err(SignInFailure::Rejected));
}

#[tokio::test]
async fn a_system_of_both_kinds_keeps_them_apart() {
    let world = World::new(Engine::Sqlite, "units_both").await;
    for account in ["huiyuantea", "qinshop"] {
        let person = PEOPLE.iter().find(|person| person.account == account).unwrap();
        let proof = sign_in(&world, ("hefei", LegalPerson), account, person.password).await.unwrap();
        says_the_row(&proof, person);
        assert_eq!(proof.vouched(), person.auth_level > 0, "{account}");
        let other = sign_in(&world, ("hefei", Individual), account, person.password).await;
        assert_eq!(other, Err(SignInFailure::Rejected));
    }
    let liming = sign_in(&world, ("hefei", Individual), "liming", "Huizhou-2026-tea").await.unwrap();
    assert_eq!((liming.profile().unit.as_ref(), liming.profile().name.as_str()), (None, "李明"));
    let other = sign_in(&world, ("hefei", LegalPerson), "liming", "Huizhou-2026-tea").await;
    assert_eq!(other, Err(SignInFailure::Rejected));
}

#[tokio::test]
async fn a_table_of_units_signs_in_units_and_vouches_for_nobody() {
    let world = World::new(Engine::Sqlite, "units_table").await;
    for (person, _) in SOCIETIES {
        let proof = sign_in(&world, ("mzt", LegalPerson), person.account, person.password).await.unwrap();
        assert!(!proof.vouched(), "{}", person.account);
        says_the_row(&proof, person);
    }
    let hikers = sign_in(&world, ("mzt", LegalPerson), "hikers", "Up-the-hill-by-six").await.unwrap();
    let raw = &hikers.profile().unit.as_ref().unwrap().credit_code;
    assert_eq!(raw, "５１３４０１００５００００ｄ４０８ｐ", "as the old row spells it");
    assert_eq!(CreditCode::parse(raw).unwrap().as_str(), "5134010050000D408P");
    for (account, password) in [("chess", "wrong"), ("nobody", "River-border-1894"), ("9102", "River-border-1894")] {
        let answer = sign_in(&world, ("mzt", LegalPerson), account, password).await;
        assert_eq!(answer, Err(SignInFailure::Rejected), "{account}");
    }
}

#[tokio::test]
async fn a_kind_that_a_system_does_not_hold_is_refused_without_asking() {
    let world = World::new(Engine::Sqlite, "units_holds").await;
    let holds = |id: &str| {
        let system = world.app.systems.get(&SystemId::from(id)).unwrap();
        (system.holds(Individual), system.holds(LegalPerson))
    };
    for (id, held) in [
        ("hefei", (true, true)),
        ("jyt", (true, false)),
        ("gat", (true, false)),
        ("gsj", (false, true)),
        ("mzt", (false, true)),
    ] {
        assert_eq!(holds(id), held, "{id}");
    }
    world.neighbours.companies.set_mode(guiyi::demo::Mode::Down);
    for file in ["exam.db", "mzt.db"] {
        std::fs::remove_file(world.folder.join(file)).unwrap();
    }
    for (system, kind, account, password) in [
        ("gsj", Individual, "huiyun", "Hongcun-ink-2016"),
        ("mzt", Individual, "chess", "River-border-1894"),
        ("jyt", LegalPerson, "hanmei", "Exam-hall-2017"),
    ] {
        let answer = sign_in(&world, (system, kind), account, password).await;
        assert_eq!(answer, Err(SignInFailure::Rejected), "{system}");
    }
    let held = sign_in(&world, ("gsj", LegalPerson), "huiyun", "Hongcun-ink-2016").await;
    assert_eq!(held, Err(SignInFailure::Unavailable), "the kind that it holds is asked for");
}

#[tokio::test]
async fn what_a_system_holds_can_be_changed() {
    let mut world = World::new(Engine::Sqlite, "units_changed").await;
    world.restart_with(|config| config.systems[0].holds = Some(vec![Individual])).await;
    let unit = sign_in(&world, ("hefei", LegalPerson), "huiyuantea", "Huiyuan-unit-91").await;
    assert_eq!(unit, Err(SignInFailure::Rejected));
    assert!(sign_in(&world, ("hefei", Individual), "liming", "Huizhou-2026-tea").await.is_ok());
}

#[tokio::test]
async fn a_column_of_units_that_is_not_there_is_no_constant() {
    let mut world = World::new(Engine::Sqlite, "units_column").await;
    world
        .restart_with(|config| {
            let Connector::UserTable(table) = &mut config.systems[4].connector else { unreachable!() };
            table.columns.credit_code = Some("nothing".into());
        })
        .await;
    let answer = sign_in(&world, ("mzt", LegalPerson), "chess", "River-border-1894").await;
    assert_eq!(answer, Err(SignInFailure::Unavailable));
}

#[test]
fn profiles_that_were_kept_before_there_were_units_are_read() {
    let old = r#"{"name":"李明","document_type":"","document_number":"","gender":"","ethnic_group":"","phone":"","email":""}"#;
    let profile: guiyi::upstream::UpstreamProfile = serde_json::from_str(old).unwrap();
    assert!(profile.unit.is_none() && profile.name == "李明");
}
