//! A representative was replaced: everybody whose mandate has ended with that is told, by the daily check and by the wizard
//! alike.

use serde_json::json;

use super::Pen;
use super::end::note_ended;
use crate::app::App;
use crate::domain::account::Account;
use crate::ids::{AccountId, MandateId};
use crate::notify::mandates as texts;
use crate::storage::{Stored, Tx};

/// What the telling needs; made before the transaction.
pub struct Succession(pub(super) Pen);

impl Succession {
    /// Now.
    pub fn of(app: &App) -> Self {
        Self(Pen::of(app))
    }

    /// Tells the former representative, everybody below, and the unit; `ended` are the mandates that have just ended.
    ///
    /// # Errors
    /// The store's own.
    pub async fn announce(
        &self,
        tx: &mut Tx,
        who: &str,
        (unit, former): (&Account, &AccountId),
        ended: &[MandateId],
    ) -> Stored<()> {
        let Self(pen) = self;
        let text = texts::replaced(&pen.signature, unit.name(), &pen.hotline);
        let holders = note_ended(tx, pen, who, &unit.id, ended).await?;
        for person in holders.iter().map(|(person, ..)| person).chain([&unit.id]) {
            pen.tell(tx, person, &text).await?;
        }
        let detail = json!({ "mandates": ended.len() });
        pen.note(tx, "unit.representative_replaced", who, (&unit.id, &[former]), &detail).await
    }
}
