//! The demonstration in a real browser: Debian's chromium, headless, driven through chromedriver.
//!
//! Each test has a demonstration and a browser of its own. Every page that a test looks at is kept as a picture in
//! `target/screenshots`, and is asked three things: does it fit the window's width, does axe-core object, and is what
//! should have the focus focused.

mod account;
mod children;
mod chrome;
mod demo;
mod walk;

mod acting;
mod centre;
mod existing_accounts;
mod form_errors;
mod keyboard;
mod launch;
mod manual_review;
mod mishaps;
mod other_systems;
mod registration;
mod second_factors;
mod small_screen;
mod unit_wizard;
mod units;
mod whole_way;
mod without_script;

use std::process::Child;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// How long anything may take; a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// Two browsers at a time are as many as two cores can bear.
static BROWSERS: Semaphore = Semaphore::const_new(2);

async fn turn() -> SemaphorePermit<'static> {
    BROWSERS.acquire().await.expect("the semaphore is never closed")
}

/// Asks again and again until there is an answer.
async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = probe().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("{} seconds went by without {what}", PATIENCE.as_secs()),
    }
}

/// Ends a child process for certain.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
