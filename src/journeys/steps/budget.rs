//! How often a source is asked: so many tries of a kind are free in a day, then a captcha comes first; at the second
//! number only a reviewer goes on.

use crate::journeys::engine::Cx;
use crate::storage::StorageError;
use crate::storage::limits::{self, Limit};

pub(super) const DAY: u64 = 24 * 60 * 60;
/// Tries from one address.
pub(super) const PER_ADDRESS: [Limit; 2] = [Limit::new(10, DAY), Limit::new(60, DAY)];

/// What counts, and its two limits.
pub(super) type Counted = (String, [Limit; 2]);

/// What is left of the day's tries.
pub(super) enum Budget {
    Free,
    Captcha,
    Spent,
}

/// The tries of the visitor's address, of whatever kind.
pub(super) fn of_address(cx: &Cx<'_>) -> Counted {
    let halls = PER_ADDRESS.map(|limit| cx.visit.asker.share(limit));
    (format!("check address {}", cx.visit.asker.address), halls)
}

/// Counts a try, unless a limit is reached.
pub(super) async fn count(cx: &Cx<'_>, budgets: Vec<Counted>, after_captcha: bool) -> Result<Budget, StorageError> {
    let now = cx.visit.now;
    cx.app
        .db
        .write(move |tx| {
            Box::pin(async move {
                for (subject, [free, all]) in &budgets {
                    if limits::reached(tx, subject, *all, now).await? {
                        return Ok(Budget::Spent);
                    }
                    if !after_captcha && limits::reached(tx, subject, *free, now).await? {
                        return Ok(Budget::Captcha);
                    }
                }
                for (subject, [_, all]) in &budgets {
                    limits::hit(tx, subject, *all, now).await?;
                }
                Ok(Budget::Free)
            })
        })
        .await
}

/// The source was down: the try isn't the person's.
pub(super) async fn refund(cx: &Cx<'_>, budgets: Vec<Counted>) -> Result<(), StorageError> {
    let now = cx.visit.now;
    cx.app
        .db
        .write(move |tx| {
            Box::pin(async move {
                for (subject, [_, all]) in &budgets {
                    limits::refund(tx, subject, *all, now).await?;
                }
                Ok(())
            })
        })
        .await
}
