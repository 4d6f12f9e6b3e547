//! What can rot is compared: languages, templates, the journey's diagram, the guide's examples.

use std::collections::BTreeSet;
use std::path::Path;

use guiyi::demo::people::{COMPANIES, PEOPLE, SOCIETIES};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn keys(tag: &str) -> BTreeSet<String> {
    guiyi::pages::keys(&read(&format!("templates/locales/{tag}.ftl"))).unwrap().into_iter().collect()
}

#[test]
fn both_languages_have_the_same_texts() {
    let (zh, en) = (keys("zh-CN"), keys("en"));
    assert_eq!(zh.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in English");
    assert_eq!(en.difference(&zh).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in Chinese");
    assert!(zh.len() > 200);
}

#[test]
fn every_text_that_a_page_or_a_source_names_exists() {
    let zh = keys("zh-CN");
    let mut missing = Vec::new();
    let mut stack = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
    while let Some(folder) = stack.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("demo") {
                    stack.push(path);
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for call in [".t(\"", ".tv(\""] {
                for part in text.split(call).skip(1) {
                    let key = part.split('"').next().unwrap();
                    if !zh.contains(key) {
                        missing.push(format!("{}: {key}", path.display()));
                    }
                }
            }
        }
    }
    for fault in ["empty", "characters", "length", "checksum", "birth-date", "region", "obsolete-15"] {
        assert!(zh.contains(&format!("document-number-{fault}")), "{fault}");
    }
    for fault in ["empty", "characters", "separator", "too-long"] {
        assert!(zh.contains(&format!("name-{fault}")), "{fault}");
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_diagram_in_the_architecture_is_the_program_s() {
    for diagram in [guiyi::journeys::diagram::individual(), guiyi::journeys::diagram::legal_person()] {
        assert!(
            read("docs/architecture.md").contains(diagram.trim()),
            "docs/architecture.md must contain the output of `guiyi journey`:\n{diagram}"
        );
    }
}

/// Where a module of these tests stands.
fn module(name: &str) -> Option<String> {
    let path = format!("tests/it/{}", name.replace("::", "/"));
    let exists = |path: &String| Path::new(env!("CARGO_MANIFEST_DIR")).join(path).is_file();
    [format!("{path}.rs"), format!("{path}/mod.rs")].into_iter().find(exists)
}

/// The tests that a document names, each in its module; `…` is the module that was named before. Types and their functions
/// begin with a capital.
fn named_tests(document: &str) -> Vec<(String, String)> {
    let text = read(document);
    let mut named = Vec::new();
    let mut last = String::new();
    for (place, test) in text.split('`').skip(1).step_by(2).filter_map(|quoted| quoted.rsplit_once("::")) {
        if place.starts_with(char::is_uppercase) {
            continue;
        }
        if place != "…" {
            place.clone_into(&mut last);
        }
        named.push((last.clone(), test.to_owned()));
    }
    named
}

#[test]
fn every_test_that_the_documents_on_security_name_exists_where_they_say() {
    for (document, least) in [("docs/security.md", 150), ("docs/asvs.md", 150)] {
        let named = named_tests(document);
        assert!(named.len() > least, "{document}: {}", named.len());
        for (place, test) in named {
            let file = module(&place).unwrap_or_else(|| panic!("{document}: there is no module {place}"));
            let exists = test == "*" || read(&file).contains(&format!("fn {test}("));
            assert!(exists, "{document}: there is no test {test} in {file}");
        }
    }
}

/// OWASP ASVS 5.0 has so many requirements in these sections.
const SECTIONS: [(&str, usize); 23] = [
    ("6.1", 3),
    ("6.2", 12),
    ("6.3", 8),
    ("6.4", 6),
    ("6.5", 8),
    ("6.6", 4),
    ("6.7", 2),
    ("6.8", 4),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 3),
    ("7.6", 2),
    ("9.1", 3),
    ("9.2", 4),
    ("10.1", 2),
    ("10.2", 3),
    ("10.3", 5),
    ("10.4", 16),
    ("10.5", 5),
    ("10.6", 2),
    ("10.7", 3),
];

#[test]
fn each_of_the_109_requirements_stands_once_with_a_verdict_and_its_proof() {
    let wanted: Vec<String> =
        SECTIONS.iter().flat_map(|(section, count)| (1..=*count).map(move |n| format!("{section}.{n}"))).collect();
    assert_eq!(wanted.len(), 109);
    let text = read("docs/asvs.md");
    let is_row = |line: &&str| ["| 6.", "| 7.", "| 9.", "| 10."].iter().any(|start| line.starts_with(start));
    let rows: Vec<Vec<&str>> =
        text.lines().filter(is_row).map(|line| line.split('|').map(str::trim).collect()).collect();
    let numbers: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    assert_eq!(numbers, wanted, "each once, in order");
    for row in rows {
        let (number, verdict, how) = (row[1], row[4], row[5]);
        assert!(["met", "partly", "setting", "no", "–"].contains(&verdict), "{number}: {verdict}");
        assert!(verdict != "met" || how.contains("::"), "{number} is met, and no test is named");
        for source in how.split('`').filter(|quoted| quoted.starts_with("src/")) {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(source).exists(), "{number}: {source}");
        }
    }
}

/// The files of this folder, with their contents, but the demonstration's.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut stack) = (Vec::new(), vec![root.join(folder)]);
    while let Some(folder) = stack.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("demo") {
                stack.push(path);
            } else if path.extension().is_some_and(|ending| ending == extension) {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn every_place_where_a_session_begins_is_among_the_ways_in() {
    let text = read("docs/asvs.md");
    let listed = text.split("### The ways in").nth(1).unwrap().split("\n## ").next().unwrap();
    let begins = ["session::begin(", "session::raise(", "NewSession::new(", "NewSession::with_secret("];
    let mut places = 0;
    for (name, content) in files("src", "rs") {
        if name != "src/sign_in/session.rs" && begins.iter().any(|call| content.contains(call)) {
            assert!(listed.contains(&format!("`{name}`")), "{name} begins sessions");
            places += 1;
        }
    }
    assert!(places >= 5, "{places}");
    for source in listed.split('`').filter(|quoted| quoted.starts_with("src/")) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(source).exists(), "{source}");
    }
}

#[test]
fn every_password_field_is_masked_and_open_to_password_managers() {
    let mut fields = 0;
    for (name, content) in files("templates", "html") {
        for field in content.split("f::input(page, form, \"").skip(1).map(|rest| rest.split("%}").next().unwrap()) {
            let is_password = ["password\"", "new_password\"", "new_password_again\""];
            if !is_password.iter().any(|start| field.starts_with(start)) {
                continue;
            }
            fields += 1;
            assert!(field.contains(", \"password\", \""), "{name}: {field}");
            assert!(field.contains("autocomplete=\\\""), "{name}: {field}");
            let longest = field.split("maxlength=\\\"").nth(1).and_then(|rest| rest.split('\\').next());
            assert!(longest.is_none_or(|most| most.parse::<usize>().unwrap() > 128), "{name}: {field}");
        }
        assert!(!content.contains("onpaste"), "{name}");
    }
    assert!(fields >= 13, "{fields}");
}

#[test]
fn every_picture_of_the_tour_is_there_and_is_shown() {
    let text = read("docs/tour.md");
    let shown: BTreeSet<&str> = text.split("](img/tour/").skip(1).filter_map(|part| part.split(')').next()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/img/tour");
    let kept: BTreeSet<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(shown, kept.iter().map(String::as_str).collect());
}

#[test]
fn everybody_whom_the_tour_names_is_in_the_demonstration() {
    let text = read("docs/tour.md");
    for name in text.split("**").skip(1).step_by(2) {
        let units = COMPANIES.iter().chain(SOCIETIES.iter().map(|(person, _)| person));
        assert!(PEOPLE.iter().chain(units).any(|person| person.account == name), "{name}");
    }
}

/// A block is of the file that was linked last before it. What stands indented there is shown at the margin.
#[test]
fn the_examples_of_the_guide_are_the_programs_that_the_tests_run() {
    let guide = read("docs/integration.md");
    let (mut shown, mut path) = (BTreeSet::new(), "");
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some((_, link)) = line.rsplit_once("](../tests/clients/") {
            path = link.split(')').next().unwrap();
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if !matches!(language, "json" | "sh") {
            let program = read(&format!("tests/clients/{path}"));
            assert!(holds(&program, &block), "{path} hasn't got\n{}", block.join("\n"));
            shown.insert(path.split('/').next().unwrap().to_owned());
        }
    }
    let clients = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")).unwrap();
    let clients: BTreeSet<String> = clients.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(shown, clients);
}

fn holds(program: &str, block: &[&str]) -> bool {
    let program: Vec<&str> = program.lines().collect();
    program.windows(block.len()).any(|window| {
        let indent = window[0].len() - window[0].trim_start().len();
        window.iter().zip(block).all(|(line, shown)| line.get(indent..).unwrap_or_default() == *shown)
    })
}
