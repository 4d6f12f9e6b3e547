//! A flood of logins, and codes that are redeemed beside it: a hundred each second whether or not the last ones are answered, each
//! timed from the moment when it was due.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;

use crate::client::Connection;
use crate::load::percentile;
use crate::seed::ES256;
use crate::tokens::form_of_code;
use crate::workload::{Target, Workload, authorization};

/// By what `--only` finds it.
pub(crate) const NAME: &str = "flood";
/// Token requests a second.
const RATE: u32 = 100;

/// What was measured.
#[derive(Clone, Debug)]
pub(crate) struct Flood {
    /// Logins a second, beside the token requests.
    logins: f64,
    tokens: usize,
    /// Milliseconds of the token requests: median, 95 and 99 of a hundred, and the longest.
    latency: [f64; 4],
}

/// Measures it.
pub(crate) async fn measure(target: &Rc<Target>, workers: usize, seconds: f64, warm_up: f64) -> anyhow::Result<Flood> {
    target.prepare(Workload::SignOnEs256).await?;
    target.prepare(Workload::Login).await?;
    let mut connection = Connection::open(&target.nodes).await?;
    let mut forms = Vec::new();
    for _ in 0..(f64::from(RATE) * seconds) as usize {
        let authorized = target.authorize(&mut connection, ES256, &target.any_session()?).await?;
        forms.push(form_of_code(&authorized.code, &authorized.verifier));
    }
    let begin = Instant::now() + Duration::from_secs_f64(warm_up);
    let end = begin + Duration::from_secs_f64(seconds);
    let mut flood = Vec::new();
    for _ in 0..workers {
        let connection = Connection::open(&target.nodes).await?;
        flood.push(tokio::task::spawn_local(logins(Rc::clone(target), connection, begin, end)));
    }
    let free = Rc::new(RefCell::new(vec![connection]));
    let mut redeemed = Vec::new();
    for (form, n) in forms.into_iter().zip(0_u32..) {
        let due = begin + Duration::from_secs(1) * n / RATE;
        tokio::time::sleep_until(due.into()).await;
        let (target, free) = (Rc::clone(target), Rc::clone(&free));
        redeemed.push(tokio::task::spawn_local(async move {
            let idle = free.borrow_mut().pop();
            let mut connection = match idle {
                Some(connection) => connection,
                None => Connection::open(&target.nodes).await?,
            };
            let tokens = connection.post("/token", &authorization(ES256), &form).await?.json(200)?;
            let took = due.elapsed();
            ensure!(tokens.get("id_token").is_some(), "no ID token");
            free.borrow_mut().push(connection);
            anyhow::Ok(took)
        }));
    }
    let mut latencies = Vec::new();
    for request in redeemed {
        latencies.push(request.await??);
    }
    let mut done = 0;
    for worker in flood {
        done += worker.await??;
    }
    latencies.sort_unstable();
    let at = |percent| percentile(&latencies, percent);
    Ok(Flood {
        logins: f64::from(done) / seconds,
        tokens: latencies.len(),
        latency: [at(50)?, at(95)?, at(99)?, at(100)?],
    })
}

/// How many were done within the time that counts.
async fn logins(target: Rc<Target>, mut connection: Connection, begin: Instant, end: Instant) -> anyhow::Result<u32> {
    let mut done = 0;
    while Instant::now() < end {
        target.log_in_somebody(&mut connection).await?;
        done += u32::from((begin..end).contains(&Instant::now()));
    }
    Ok(done)
}

impl Flood {
    pub(crate) fn json(&self) -> serde_json::Value {
        let [p50, p95, p99, max] = self.latency;
        json!({
            "logins_per_second": self.logins, "token_requests": self.tokens, "token_requests_per_second": RATE,
            "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "max_ms": max,
        })
    }
}

impl fmt::Display for Flood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p95, p99, max] = self.latency;
        writeln!(f, "a flood of logins   {:.1} a second, and beside it {RATE} token requests a second:", self.logins)?;
        writeln!(
            f,
            "                    p50 {p50:.2}   p95 {p95:.2}   p99 {p99:.2}   longest {max:.2} ms, of {}",
            self.tokens
        )
    }
}
