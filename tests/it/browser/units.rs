//! The pages of who acts for a unit: with an invitation, granting, taking back, and of a unit that was dissolved.

use guiyi::app::App;
use guiyi::crypto::Purpose;
use guiyi::domain::contact::Phone;
use guiyi::domain::identifier::SignInIdentifier;
use guiyi::domain::mandate::{Extent, Matter, Reach, Role, Terms, Validity};
use guiyi::domain::person::PersonName;
use guiyi::domain::unit::Standing;
use guiyi::ids::{AccountId, ClientId, MandateId};
use guiyi::mandates::Invited;
use guiyi::storage::mandates::{self, Invitation};
use guiyi::storage::{accounts, units};

use super::account::{TELEPHONE, migrate};
use super::chrome::{Chrome, DESK, NEXT};
use super::demo::Demo;
use super::walk::Walk;
use crate::mandates::town::{HUIYUAN, individual, install, number, organisation, store};

/// The unit of `liming`, and another one that has invited him as an administrator.
async fn furnish(app: &App) -> AccountId {
    let (now, random) = (app.clock.now(), &app.random);
    let liming = SignInIdentifier::Phone(Phone::parse("19900000001").unwrap());
    let found = accounts::find_by_identifier(&mut app.db.read().await.unwrap(), &app.keys, &liming).await;
    let liming = found.unwrap().unwrap().id;
    let ours = organisation(random, now, HUIYUAN);
    store(&app.db, &app.keys, random, &ours).await;
    install(&app.db, random, now, &ours.id, &liming).await;
    let shop = organisation(random, now, ("合肥市庐阳区秦记面馆（演示）", "92340100MA0000023Q"));
    store(&app.db, &app.keys, random, &shop).await;
    let owner = individual(random, now, ("秦朗", &number("19820714", 9)), "19922220001");
    store(&app.db, &app.keys, random, &owner).await;
    let root = install(&app.db, random, now, &shop.id, &owner.id).await;
    let id = MandateId::mint(now, random);
    let invited = Invited { name: PersonName::parse("李明").unwrap(), phone: Phone::parse("19900000001").unwrap() };
    let invitation = Invitation {
        invited: app.keys.seal_json(Purpose::Field, id.as_str(), &invited).unwrap(),
        phone_index: accounts::phone_index(&app.keys, &invited.phone),
        until: now.plus(std::time::Duration::from_secs(86_400)),
    };
    let clients = Extent::These([ClientId::from("real-estate-booking")].into());
    let terms = Terms {
        role: Role::Administrator,
        reach: Reach { clients, matters: Extent::These([Matter::Taxation, Matter::RealEstate].into()) },
        validity: Validity { from: now, until: Some(now.plus(std::time::Duration::from_secs(86_400 * 365))) },
    };
    let done = app.db.write(move |tx| {
        Box::pin(async move { mandates::invite(tx, (&id, &shop.id), &terms, &root, &invitation, now).await })
    });
    assert!(done.await.unwrap());
    ours.id
}

/// Looks at every page, with errors and without.
async fn see_all(walk: &Walk<'_>, lang: &str) {
    let (chrome, demo) = (walk.chrome, walk.demo);
    migrate(walk, lang).await;
    let app = demo.store().await;
    let unit = furnish(&app).await;
    let page = |end: &str| demo.portal(&format!("/units/{unit}{end}"));
    chrome.open(&demo.portal("/account")).await;
    walk.see("account", "/account").await;
    chrome.press("main a[href='/account/units']").await;
    walk.see("mine", "/account/units").await;
    chrome.press("main a[href^='/account/invitations/']").await;
    chrome.look(&format!("{}-invitation", walk.shot)).await;
    chrome.press(NEXT).await;
    walk.see("accepted", "/account/units").await;
    chrome.press("main a[href^='/account/mandates/']").await;
    chrome.look(&format!("{}-resign", walk.shot)).await;

    chrome.open(&page("")).await;
    walk.see("overview", unit.as_str()).await;
    chrome.press("main a[href$='/members']").await;
    walk.see("members-alone", "/members").await;
    chrome.press("main a[href$='/mandates/new']").await;
    walk.see("grant", "/mandates/new").await;
    chrome.press(NEXT).await;
    chrome.see_error(&format!("{}-grant-errors", walk.shot), "clients").await;
    chrome.fill("#name", "张伟").await;
    chrome.fill("#phone", "19900000003").await;
    chrome.choose("#clients").await;
    chrome.choose("#matters-some").await;
    chrome.choose("#matter_taxation").await;
    chrome.press(NEXT).await;
    walk.see("members", "/members").await;
    chrome.press("main a[href$='/revoke']").await;
    walk.see("revoke", "/revoke").await;
    chrome.press(NEXT).await;
    walk.see("revoked", "/members").await;
    for end in ["/sessions", "/log"] {
        chrome.open(&page(end)).await;
        walk.see(&end[1..], end).await;
    }
    chrome.open(&page("")).await;
    chrome.press("form[action$='/check'] button").await;
    walk.see("checked", unit.as_str()).await;

    let (now, dissolved) = (app.clock.now(), unit.clone());
    app.db
        .write(move |tx| Box::pin(async move { units::said(tx, &dissolved, Some(Standing::Dissolved), now).await }))
        .await
        .unwrap();
    chrome.open(&page("")).await;
    walk.see("dissolved", unit.as_str()).await;
    chrome.open(&demo.portal("/account/units")).await;
    walk.see("mine-dissolved", "/account/units").await;
}

#[tokio::test]
async fn the_pages_of_a_unit_on_a_desk() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    see_all(&Walk { chrome: &chrome, demo: &demo, shot: "unit" }, "zh").await;
}

#[tokio::test]
async fn the_pages_of_a_unit_in_english_on_a_small_telephone() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    see_all(&Walk { chrome: &chrome, demo: &demo, shot: "en-360-unit" }, "en").await;
}
