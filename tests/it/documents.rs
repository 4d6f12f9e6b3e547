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

#[test]
fn every_test_that_the_security_document_names_exists() {
    let mut sources = String::new();
    let mut stack = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")];
    while let Some(folder) = stack.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else {
                sources.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let text = read("docs/security.md");
    let names: Vec<&str> = text
        .split('`')
        .filter(|part| part.contains("::") && !part.ends_with('*'))
        .map(|p| p.rsplit("::").next().unwrap())
        .collect();
    assert!(names.len() > 30);
    for name in names {
        assert!(sources.contains(&format!("fn {name}(")), "{name}");
    }
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
