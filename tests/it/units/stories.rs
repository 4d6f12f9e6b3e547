//! Every unit of the demonstration, walked as its story says, ends as the story promises.

use super::review::submitted;
use super::*;
use crate::migration::review::{approve, reviewers, submit_case};
use crate::migration::{LIMING, ZHANGWEI};
use crate::support::Engine;
use guiyi::demo::people::{Expectation, Person as Character};
use guiyi::review::desk::Reviewer;

fn everybody() -> impl Iterator<Item = &'static Character> {
    let here = PEOPLE.iter().filter(|person| person.unit.is_some());
    here.chain(COMPANIES).chain(SOCIETIES.iter().map(|(person, _)| person))
}

/// The representative registers on the way; `phone` is the one that the story names.
async fn registers(world: &World, reviewer: &Reviewer, browser: &mut Browser, person: &Character) {
    let who = person.account;
    let phone = person.story_zh.split_once("手机 ").unwrap().1.split('）').next().unwrap();
    let truth = person.truth;
    browser.submit(&[("action", "register")]).await;
    agree(browser).await;
    let fields = [
        ("name", truth.name),
        ("document_type", truth.document_type.as_str()),
        ("document_number", truth.document_number),
        ("gender", truth.gender),
        ("ethnic_group", truth.ethnic_code),
    ];
    browser.submit(&fields).await;
    browser.submit(&[("phone", phone), ("captcha", "0000")]).await;
    let code = world.code(phone).await;
    browser.submit(&[("code", &code)]).await;
    if person.expectation == Expectation::RepresentativeReview {
        assert!(browser.shows("未通过核验"), "{who}: {}", browser.body);
        browser.submit(&[("action", "review")]).await;
        let number = submit_case(browser).await;
        approve(world, reviewer, &number).await.unwrap();
        let at = browser.at.clone();
        browser.get(&at).await;
        browser.submit(&[("action", "continue")]).await;
    }
    let name = format!("{who}_rep");
    browser.submit(&[("user_name", &name)]).await;
    browser.submit(&[("email", "")]).await;
    browser.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
    assert!(browser.at.ends_with("/done"), "{who}: {} {}", browser.at, browser.body);
    come_back(browser).await;
}

async fn come_back(browser: &mut Browser) {
    let back = browser.link("/journey/");
    browser.get(&back).await;
    browser.submit(&[("action", "session")]).await;
}

async fn brings_along(world: &World, browser: &mut Browser) {
    browser.submit(&[("action", "migrate")]).await;
    browser.submit(&[("system", "hefei")]).await;
    browser.submit(&[("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]).await;
    agree(browser).await;
    browser.submit(&ZHANGWEI.identity()).await;
    crate::migration::complete(world, browser, &ZHANGWEI).await;
    come_back(browser).await;
}

async fn walk(world: &World, reviewer: &Reviewer, person: &Character, at: usize) {
    use Expectation as E;
    let (who, end, unit) = (person.account, person.expectation, Unit::of(person.account));
    let mut browser = world.browser();
    browser.address = format!("192.0.2.{at}");
    if matches!(end, E::Locked | E::Disabled) {
        browser.get("/migrate").await;
        browser.submit(&[("system", unit.system)]).await;
        browser.submit(&[("account", unit.account), ("password", unit.password)]).await;
        let text = if end == E::Locked { "锁定" } else { "停用" };
        assert!(browser.at.ends_with("/sign-in") && browser.shows(text), "{who}: {}", browser.body);
        return;
    }
    to_representative(&mut browser, "/migrate", &unit).await;
    match end {
        E::RepresentativeRegisters | E::RepresentativeReview => registers(world, reviewer, &mut browser, person).await,
        E::RepresentativeFirst => brings_along(world, &mut browser).await,
        _ => sign_in(&mut browser, person.truth.document_number, NEW_PASSWORD).await,
    }
    assert!(browser.at.ends_with("/unit"), "{who}: {} {}", browser.at, browser.body);
    if end == E::MismatchThenMatch {
        // What is pre-filled, as it stands.
        let old = browser.value("unit_name");
        let mut form = unit.form().to_vec();
        form.retain(|(name, _)| *name != "unit_name");
        form.push(("unit_name", &old));
        browser.submit(&form).await;
        agree(&mut browser).await;
        assert!(browser.shows("未通过核验"), "{who}: {}", browser.body);
        let back = browser.link("/unit");
        browser.get(&back).await;
        browser.submit(&unit.form()).await;
    } else {
        browser.submit(&unit.form()).await;
        agree(&mut browser).await;
    }
    let told = match end {
        E::ManualReview | E::Contradiction => "未通过核验",
        E::Revoked => "已被吊销",
        E::Dissolved => "已注销",
        E::Moved => "已迁出",
        E::WrongCheck => "校验位",
        _ => "",
    };
    if !told.is_empty() {
        assert!(browser.at.ends_with("/unit-check") && browser.shows(told), "{who}: {} {}", browser.at, browser.body);
        if matches!(end, E::Revoked | E::Dissolved) {
            return;
        }
        let number = submitted(&mut browser).await;
        approve(world, reviewer, &number).await.unwrap();
        let at = browser.at.clone();
        browser.get(&at).await;
        browser.submit(&[("action", "continue")]).await;
    }
    if end == E::UnitBound {
        assert!(browser.at.ends_with("/existing-unit"), "{who}: {} {}", browser.at, browser.body);
        browser.submit(&[("action", "bind")]).await;
        assert!(browser.at.ends_with("/done"), "{who}: {} {}", browser.at, browser.body);
        return;
    }
    assert!(browser.at.ends_with("/user-name"), "{who}: {} {}", browser.at, browser.body);
    complete(&mut browser, who).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_unit_of_the_demonstration_ends_as_its_story_promises() {
    let mut world = World::new(Engine::Sqlite, "unit_stories").await;
    world.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let (reviewer, _) = reviewers(&world).await;
    for person in [LIMING, ZHANGSAN] {
        citizen(&world, &person).await;
    }
    // Whoever is bound comes after the unit whose account it is.
    let (bound, first): (Vec<&Character>, Vec<&Character>) =
        everybody().partition(|p| p.expectation == Expectation::UnitBound);
    let mut met = std::collections::HashSet::new();
    for (at, person) in first.into_iter().chain(bound).enumerate() {
        met.insert(person.expectation);
        world.advance(6 * 60 * 60);
        walk(&world, &reviewer, person, at).await;
    }
    assert!(met.len() >= 14, "every kind of ending: {met:?}");
}
