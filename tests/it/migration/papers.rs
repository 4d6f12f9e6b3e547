//! Every kind of document, the day of birth, and names at the edges.

use super::*;

type Fields<'a> = [(&'a str, &'a str)];

const BORN: [(&str, &str); 3] = [("birth_year", "1984"), ("birth_month", "8"), ("birth_day", "12")];

/// A registration at the real-name form.
async fn to_form(world: &World) -> Browser {
    let mut browser = world.browser();
    browser.get("/register").await.submit(&[]).await;
    browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
    assert!(browser.at.ends_with("/identity"), "{}", browser.at);
    browser
}

/// A woman without an ethnic group.
fn holder<'a>(name: &'a str, kind: &'a str, number: &'a str, more: &Fields<'a>) -> Vec<(&'a str, &'a str)> {
    let own = [("name", name), ("document_type", kind), ("document_number", number), ("gender", "2")];
    own.into_iter().chain(more.iter().copied()).collect()
}

fn german(country: &str) -> Vec<(&str, &str)> {
    let [y, m, d] = BORN;
    holder("ERIKA MUSTER", "passport", "c0000 0001", &[("country", country), y, m, d])
}

/// From the contact page past the check.
async fn checked(world: &World, browser: &mut Browser, phone: &str) {
    assert!(browser.at.ends_with("/contact-phone"), "{} {}", browser.at, browser.body);
    browser.submit(&[("phone", phone), ("captcha", "0000")]).await;
    let code = world.code(phone).await;
    browser.submit(&[("code", &code)]).await;
}

async fn finish(browser: &mut Browser, user_name: &str) {
    assert!(browser.at.ends_with("/user-name"), "{} {}", browser.at, browser.body);
    browser.submit(&[("user_name", user_name)]).await;
    browser.submit(&[("skip", "yes")]).await;
    browser.submit(&[("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
    assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
}

both! {
    async fn one_number_of_two_countries_is_two_people(world) {
        let mut erika = to_form(&world).await;
        erika.submit(&german("ITA")).await;
        checked(&world, &mut erika, "19900000101").await;
        assert!(erika.shows("未通过核验"), "the source is asked about that country: {}", erika.body);
        let back = erika.link("/identity");
        erika.get(&back).await;
        assert_eq!((erika.selected("country").as_str(), erika.value("birth_year").as_str()), ("ITA", "1984"));
        erika.submit(&german("DEU")).await;
        finish(&mut erika, "erika").await;
        let mut luc = to_form(&world).await;
        let mut fields = german("FRA");
        (fields[0].1, fields[3].1) = ("LUC MARTIN", "1");
        luc.submit(&fields).await;
        checked(&world, &mut luc, "19900000102").await;
        finish(&mut luc, "luc-martin").await;
        assert_eq!(world.count("accounts").await, 2);
        let mut again = to_form(&world).await;
        again.submit(&german("DEU")).await;
        checked(&world, &mut again, "19900000103").await;
        assert!(again.shows("无需重复注册"), "{} {}", again.at, again.body);
        assert!(!world.dump("accounts").await.contains("1984-08-12"), "sealed");
    }

    async fn the_country_is_asked_for_passports_and_no_other_document(world) {
        let mut browser = to_form(&world).await;
        for country in ["", "XXX", "HKG", "TWN"] {
            browser.submit(&german(country)).await;
            assert!(browser.status == 422 && browser.error("country"), "{country}: {}", browser.body);
            assert!(browser.shows("请选择护照的签发国家或地区"));
        }
        browser.submit(&german("CHN")).await;
        assert!(browser.error("country") && browser.error("document_number"), "no Chinese number: {}", browser.body);
        assert_eq!(browser.value("document_number"), "c0000 0001", "what was typed comes back");
        let mut ordinary = ZHANGWEI.identity().to_vec();
        ordinary.push(("country", "DEU"));
        browser.submit(&ordinary).await;
        assert!(browser.at.ends_with("/contact-phone"), "ignored: {} {}", browser.at, browser.body);
    }

    async fn the_day_of_birth_is_asked_where_the_number_does_not_tell_it(world) {
        let mut browser = to_form(&world).await;
        let permit = |more: &Fields<'static>| holder("林怡君", "taiwan_permit", "00000001", more);
        browser.submit(&permit(&[])).await;
        assert!(browser.error("birth_year") && browser.shows("请填写出生日期"), "{}", browser.body);
        for day in ["31", "", "x"] {
            browser.submit(&permit(&[("birth_year", "1992"), ("birth_month", "2"), ("birth_day", day)])).await;
            assert!(browser.error("birth_year") && browser.shows("出生日期不正确"), "{day}: {}", browser.body);
            assert_eq!(browser.value("birth_year"), "1992");
        }
        let card = |year| holder("TANAKA HANAKO", "foreign_permanent_resident", "JPN340185070917",
            &[("birth_year", year), ("birth_month", "7"), ("birth_day", "9")]);
        browser.submit(&card("1986")).await;
        assert!(browser.error("birth_year") && browser.shows("与证件号码不一致"), "{}", browser.body);
        let mut contradicting = ZHANGWEI.identity().to_vec();
        contradicting.extend(BORN);
        browser.submit(&contradicting).await;
        assert!(browser.error("birth_year"), "the number says otherwise: {}", browser.body);
        browser.submit(&card("1985")).await;
        assert!(browser.at.ends_with("/contact-phone"), "{} {}", browser.at, browser.body);
    }

    async fn a_child_with_any_document_is_stopped_before_anything_is_stored(world) {
        let born = [("birth_year", "2012"), ("birth_month", "11"), ("birth_day", "25")];
        for (kind, number, country) in [
            ("hong_kong_macao_permit", "H00000002", ""),
            ("taiwan_permit", "00000002", ""),
            ("passport", "E00000002", "CHN"),
            ("passport", "X0000002", "USA"),
        ] {
            let mut browser = to_form(&world).await;
            let [y, m, d] = born;
            browser.submit(&holder("陈乐怡", kind, number, &[("country", country), ("ethnic_group", "01"), y, m, d])).await;
            assert!(browser.shows("监护人"), "{kind}: {}", browser.body);
            browser.get(&browser.at.clone()).await;
            assert!(!browser.shows(number) && browser.at.ends_with("/identity"), "{kind}: nothing is kept");
        }
        let mut browser = to_form(&world).await;
        let [y, m, _] = born;
        browser.submit(&holder("陈乐怡", "taiwan_permit", "00000002", &[y, m, ("birth_day", "24")])).await;
        assert!(browser.at.ends_with("/contact-phone"), "fourteen today: {}", browser.body);
    }

    async fn names_with_separators_rare_characters_fifty_of_them_and_latin_ones_pass(world) {
        let fifty = guiyi::demo::people::records().iter().map(|r| r.name).find(|n| n.chars().count() == 50).unwrap();
        let other_dots = fifty.replacen('·', "•", 1).replacen('·', ".", 1).replacen('·', "・", 1);
        for (n, (name, number, gender, ethnic)) in [
            ("古丽娜尔．买买提", "340103198812129985", "2", "05"),
            ("古丽娜尔‧买买提", "340103198812129985", "2", "05"),
            ("王𠮷", "34012319721010997X", "1", "01"),
            ("陈𬱖", "34010419930316998X", "2", "01"),
            (fifty, "650102199008159973", "1", "05"),
            (&other_dots, "650102199008159973", "1", "05"),
            ("Ｊａｍｅｓ　Carter", "934840198507099971", "1", ""),
        ].into_iter().enumerate() {
            let mut browser = to_form(&world).await;
            let kind = if number.starts_with('9') { "foreign_permanent_resident" } else { "resident_id" };
            let name = if kind == "resident_id" { name.to_owned() } else { name.to_uppercase() };
            browser.submit(&[("name", &name), ("document_type", kind), ("document_number", number), ("gender", gender),
                ("ethnic_group", ethnic)]).await;
            checked(&world, &mut browser, &format!("1990000020{n}")).await;
            assert!(browser.at.ends_with("/user-name"), "{name}: {} {}", browser.at, browser.body);
        }
        let mut browser = to_form(&world).await;
        browser.submit(&Person { name: &*Box::leak(format!("{fifty}买").into_boxed_str()), ..ZHANGWEI }.identity()).await;
        assert!(browser.error("name"), "fifty-one are too many: {}", browser.body);
    }
}
