//! The table of steps as a diagram: printed by `guiyi journey`, kept in docs/architecture.md, compared in a test.

use super::table::{DONE, Table};
use super::{child, individual, legal_person};

/// The individual's migration as a Mermaid flow chart.
pub fn individual() -> String {
    chart(&individual::TABLE)
}

/// The unit's migration as a Mermaid flow chart.
pub fn legal_person() -> String {
    chart(&legal_person::TABLE)
}

/// A child's migration as a Mermaid flow chart.
pub fn child() -> String {
    chart(&child::TABLE)
}

fn chart(table: &Table) -> String {
    let mut out = String::from("flowchart TD\n");
    let mut previous: Option<&str> = None;
    for step in table.steps {
        let when = if step.when() == "always" { String::new() } else { format!("<br>only if {}", step.when()) };
        out.push_str(&format!("  {}[\"{} {}{when}\"]\n", step.name(), circled(table.phase(step.name())), step.name()));
        if let Some(previous) = previous.replace(step.name()) {
            out.push_str(&format!("  {previous} --> {}\n", step.name()));
        }
    }
    out.push_str(&format!("  {DONE}([\"{} {DONE}\"])\n", circled(table.phases.len() - 1)));
    out.push_str(&format!("  {} --> {DONE}\n", previous.unwrap_or(DONE)));
    out
}

fn circled(at: usize) -> char {
    ('①'..).nth(at).unwrap_or('①')
}
