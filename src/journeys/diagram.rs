//! The table of steps as a diagram: printed by `guiyi journey`, kept in docs/architecture.md, compared in a test.

use super::individual::{DONE, STEPS};

/// The individual's migration as a Mermaid flow chart.
pub fn individual() -> String {
    let mut out = String::from("flowchart TD\n");
    let mut previous: Option<&str> = None;
    for step in STEPS {
        let when = if step.when() == "always" { String::new() } else { format!("<br>only if {}", step.when()) };
        out.push_str(&format!("  {}[\"{} {}{when}\"]\n", step.name(), circled(step.phase() as u8), step.name()));
        if let Some(previous) = previous.replace(step.name()) {
            out.push_str(&format!("  {previous} --> {}\n", step.name()));
        }
    }
    out.push_str(&format!("  {DONE}([\"③ {DONE}\"])\n"));
    out.push_str(&format!("  {} --> {DONE}\n", previous.unwrap_or(DONE)));
    out
}

fn circled(n: u8) -> char {
    match n {
        1 => '①',
        2 => '②',
        _ => '③',
    }
}
