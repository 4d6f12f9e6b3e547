//! What the end of a child's journey writes besides: the guardianship, and an account without a phone.

use serde_json::json;

use super::{NewAccount, person};
use crate::domain::guardianship::{Guardianship, Relation};
use crate::ids::{AccountId, SessionId};
use crate::journeys::answers::{Answers, Check};
use crate::journeys::engine::Cx;
use crate::journeys::finish::Obstacle;
use crate::journeys::writes::Writes;
use crate::protocol::acr::IdentityLevel;
use crate::storage::{Tx, accounts, audit, guardianships, sessions};

/// The guardian, who has to be signed in and active when all is written.
pub(super) struct PresentGuardian {
    account: AccountId,
    session: SessionId,
    relation: Relation,
    /// Whether the account that is bound to rests on the guardianship on record.
    on_record: bool,
}

impl PresentGuardian {
    /// The guardian of these answers, if signed in here.
    pub(super) fn of(cx: &Cx<'_>, answers: &Answers) -> Option<Self> {
        let (session, _) = cx.visit.signed_in.as_ref()?;
        Some(Self {
            account: answers.guardian()?.account().clone(),
            session: session.id.clone(),
            relation: answers.child.as_ref()?.relation?,
            on_record: answers.child_control(cx.today).is_some() && answers.approved_control(cx.today).is_none(),
        })
    }

    /// Writes the guardianship, said of both.
    pub(super) async fn begin(&self, tx: &mut Tx, writes: &Writes, child: &AccountId) -> Result<(), Obstacle> {
        let Writes { keys, random, now, .. } = writes;
        let active = accounts::find(tx, keys, &self.account).await?.is_some_and(|account| account.is_active());
        if !active || sessions::find(tx, &self.session).await?.is_none() {
            return Err(Obstacle::GuardianGone);
        }
        if self.on_record && guardianships::find(tx, child, &self.account).await?.is_none() {
            return Err(Obstacle::AccountGone);
        }
        let (guardian, relation) = (self.account.clone(), self.relation);
        let new = Guardianship { child: child.clone(), guardian, relation, since: *now };
        if !guardianships::begin(tx, &new).await? {
            return Ok(());
        }
        let detail = json!({ "child": child, "guardian": self.account, "relation": relation });
        let actor = format!("journey:{}", writes.id);
        for subject in [child, &self.account] {
            let subject = format!("account:{subject}");
            audit::record(tx, random, *now, "guardian.appointed", (&actor, &subject), &detail).await?;
        }
        Ok(())
    }
}

/// A child's account: no phone and no address of its own, and always a reviewer's word.
pub(super) fn new_account(cx: &Cx<'_>, answers: &Answers) -> Option<NewAccount> {
    let (identity, approved) = (answers.proven_identity(cx.today)?, answers.approved_child(cx.today)?);
    let review = Some(approved.review().clone());
    let confirmed = match &answers.check {
        Some(Check::Passed { proof }) if proof.is_for(&identity.name, &identity.document) => {
            ("name_and_number", proof.source().to_owned(), IdentityLevel::Confirmed, review)
        }
        _ => ("review", "portal".to_owned(), approved.level(), review),
    };
    NewAccount::new(cx, answers, person(identity, None, None), confirmed)
}
