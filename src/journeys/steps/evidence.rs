//! Evidence for a reviewer: pictures of the document, one upload at a time or several, and the submission.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::existing::look_up;
use super::{Nav, nav, step_path};
use crate::ids::ReviewId;
use crate::journeys::answers::{About, Answers, Check, ChildAnswers, Review, Stage, UnitCheck};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::writes::{Effect, Writes};
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;
use crate::review::evidence::{Kind, Whose, prepare};
use crate::review::{Content, Guardian, Legacy, Lost, Submission};
use crate::storage::accounts::document_index;
use crate::storage::evidence::{self as pictures, Added, MOST, Piece};
use crate::storage::limits::{self, Limit};
use crate::storage::{StorageError, Stored, audit};

/// The step's name: uploads go to a path of their own under it.
pub(in crate::journeys) const NAME: &str = "evidence";
/// How often one document, or one account, can be put before reviewers.
const PER_SUBJECT: Limit = Limit::new(6, 30 * 24 * 60 * 60);

/// What a person sent.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// What the pictures show.
    pub kind: String,
    /// The files.
    pub files: Vec<Vec<u8>>,
}

#[derive(Template)]
#[template(path = "journey/evidence.html")]
struct EvidencePage {
    page: Page,
    nav: Nav,
    form: Form,
    kinds: Vec<(&'static str, String)>,
    pieces: Vec<(i64, String)>,
    /// What a reviewer asked for.
    reason: Option<String>,
    /// Where what was entered can be corrected.
    correct: Option<String>,
    full: bool,
    /// Whether an existing account is touched: the waiting time is told.
    control: bool,
    /// Whether it is a unit's case.
    unit: bool,
    /// Whether it is a child's.
    child: bool,
}

/// Collect evidence.
#[derive(Debug)]
pub(crate) struct CollectEvidence;

impl CollectEvidence {
    async fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Result<Rendered, StepError> {
        let pieces = pieces(cx).await?;
        let page = cx.page("evidence-title");
        let label = |kind: &str| page.t(&format!("evidence-{kind}"));
        let review = cx.answers.open_review(cx.today);
        let touches = |about: &About| matches!(about, About::Control(_) | About::Lost(_));
        let control = review.is_some_and(|review| touches(review.about()));
        let correctable = !review.is_some_and(|review| matches!(review.about(), About::Control(_)));
        let template = EvidencePage {
            kinds: whose(cx).kinds().iter().map(|kind| (kind.as_str(), label(kind.as_str()))).collect(),
            unit: cx.answers.is_units(),
            child: cx.answers.is_childs(),
            full: i64::try_from(pieces.len()).unwrap_or(MOST) >= MOST,
            pieces: pieces.into_iter().map(|piece| (piece.slot, label(&piece.kind))).collect(),
            reason: review.and_then(|review| match &review.stage {
                Stage::Returned { reason } => Some(reason.clone()),
                _ => None,
            }),
            correct: correctable.then(|| step_path(cx, if cx.answers.is_units() { "unit" } else { "identity" })),
            control,
            nav: nav(cx, self),
            form,
            page,
        };
        Ok(Rendered::new(status, &template))
    }

    async fn act(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        // Sent again: the case is with the reviewers already.
        if self.is_satisfied(cx.answers, cx.today) {
            return Ok(Taken::Moved);
        }
        if let Some(slot) = params.get("remove").and_then(|slot| slot.parse::<i64>().ok()) {
            let journey = cx.id.clone();
            cx.app.db.write(move |tx| Box::pin(async move { pictures::remove(tx, &journey, slot).await })).await?;
            return Ok(Taken::Moved);
        }
        if params.get("cancel").is_some() {
            let about = cx.answers.open_review(cx.today).map(Review::about);
            return Ok(about.map_or(Taken::Moved, |about| Taken::next(cx.answers.clone().without_review(about))));
        }
        self.submit(cx, params).await
    }

    async fn submit(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        let needed = whose(cx).needs();
        if !pieces(cx).await?.iter().any(|piece| needed.iter().any(|kind| piece.kind == kind.as_str())) {
            let fault = match whose(cx) {
                Whose::Unit => "evidence-needs-licence",
                Whose::Person => "evidence-needs-document",
                Whose::Child => "evidence-needs-relation",
            };
            form.fault("files", fault);
            return Ok(Taken::Show(self.page(cx, form, 422).await?));
        }
        let Some((review, mut submission)) = submission(cx) else { return Ok(Taken::Moved) };
        if let About::Lost(identity) = review.about() {
            // Whether there is one shows in nothing that is answered: the reviewer sees it.
            let owner = look_up(cx.app, &identity.document).await?;
            submission.account = owner.map(|owner| owner.account);
        }
        if !count(cx, &submission).await? {
            form.fault("files", "evidence-limited");
            return Ok(Taken::Show(self.page(cx, form, 429).await?));
        }
        let submitted = review.at(Stage::Submitted { review: submission.id.clone() });
        let answers = cx.answers.clone().with_review(submitted);
        let detail = json!({ "review": submission.id, "case": submission.case });
        let effects = vec![
            Effect::Audit("journey.review_submitted", detail),
            Effect::Case(submission.case.clone()),
            Effect::Submit(Box::new(submission)),
        ];
        Ok(Taken::Next(Box::new(answers), effects))
    }
}

fn whose(cx: &Cx<'_>) -> Whose {
    match (cx.answers.is_units(), cx.answers.is_childs()) {
        (_, true) => Whose::Child,
        (true, false) => Whose::Unit,
        (false, false) => Whose::Person,
    }
}

async fn pieces(cx: &Cx<'_>) -> Stored<Vec<Piece>> {
    pictures::of_journey(&mut cx.app.db.read().await?, cx.id, cx.visit.now).await
}

/// Adds pictures; a page with the error if one isn't taken.
pub(in crate::journeys) async fn add(cx: &Cx<'_>, upload: Upload) -> Result<Option<Rendered>, StepError> {
    let step = CollectEvidence;
    // What the reviewers have is not changed under their hands.
    if step.is_satisfied(cx.answers, cx.today) {
        return Ok(None);
    }
    let mut form = Form::with([("kind", upload.kind.as_str())]);
    let Some(kind) = Kind::parse(&upload.kind).filter(|kind| whose(cx).kinds().contains(kind)) else {
        form.fault("kind", "evidence-kind-empty");
        return Ok(Some(step.page(cx, form, 422).await?));
    };
    if upload.files.is_empty() {
        form.fault("files", "picture-empty");
    }
    for file in upload.files {
        match prepare(file).await {
            Err(fault) => form.fault("files", format!("picture-{fault}")),
            Ok(jpeg) => {
                if keep(cx, kind, jpeg).await? != Added::Full {
                    continue;
                }
                form.fault("files", "picture-full");
            }
        }
        break;
    }
    if form.is_faulty() { Ok(Some(step.page(cx, form, 422).await?)) } else { Ok(None) }
}

async fn keep(cx: &Cx<'_>, kind: Kind, jpeg: Vec<u8>) -> Stored<Added> {
    let writes = Writes::new(cx, Vec::new());
    cx.app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let added = pictures::add(tx, &writes.keys, &writes.id, (kind.as_str(), &jpeg), writes.now).await?;
                if added == Added::Now {
                    let subject = format!("journey:{}", writes.id);
                    let detail = json!({ "kind": kind.as_str() });
                    let who = ("browser", subject.as_str());
                    audit::record(tx, &writes.random, writes.now, "journey.evidence_added", who, &detail).await?;
                }
                Ok::<_, StorageError>(added)
            })
        })
        .await
}

/// The case that these answers make.
fn submission(cx: &Cx<'_>) -> Option<(Review, Submission)> {
    let review = cx.answers.open_review(cx.today)?.clone();
    let (identity, outcome, account) = match review.about() {
        About::Identity(identity) | About::Child { identity, .. } => {
            let outcome = match &cx.answers.check {
                Some(check @ Check::Failed { why, .. }) if check.is_for(identity) => why.as_str(),
                Some(check @ Check::Passed { .. }) if check.is_for(identity) => "relation",
                Some(Check::Limited { .. }) => "limited",
                Some(Check::Captcha { .. }) => "captcha",
                _ => "unavailable",
            };
            (identity.clone(), outcome, None)
        }
        About::Unit { .. } => {
            let outcome = match cx.answers.present_unit_check() {
                Some(UnitCheck::Failed { why, .. }) => why.as_str(),
                Some(UnitCheck::Limited { .. }) => "limited",
                Some(UnitCheck::Captcha { .. }) => "captcha",
                _ => "unavailable",
            };
            (cx.answers.representative()?.identity().clone(), outcome, None)
        }
        About::Lost(identity) => (identity.clone(), "lost_phone", None),
        About::Control(account) => {
            let unit = cx.answers.representative().map(|proof| proof.identity().clone());
            (unit.or_else(|| cx.answers.proven_identity(cx.today))?, "control", Some(account.clone()))
        }
    };
    let legacy = cx.answers.proof().map(|proof| Legacy {
        system: proof.system().clone(),
        account: proof.account().to_owned(),
        profile: proof.profile().clone(),
    });
    let unit = cx.answers.unit.entered.clone().filter(|_| cx.answers.is_units());
    let guardian = match cx.answers.child.as_deref() {
        Some(ChildAnswers { guardian, relation, .. }) => Some(Guardian {
            account: guardian.account().clone(),
            identity: guardian.identity().clone(),
            relation: (*relation)?,
        }),
        None => None,
    };
    let outcome = outcome.to_owned();
    let lost = cx.answers.lost.as_ref().map(|lost| Lost { factors: lost.factors });
    let content = Content { identity, unit, guardian, lost, outcome, legacy, contact: cx.answers.contact()? };
    let submission = Submission {
        id: ReviewId::mint(cx.visit.now, &cx.app.random),
        case: cx.case_number(),
        journey: cx.id.clone(),
        content,
        account,
    };
    Some((review, submission))
}

async fn count(cx: &Cx<'_>, submission: &Submission) -> Stored<bool> {
    let keys = &cx.app.keys;
    let document = match &submission.content.unit {
        Some(unit) => unit.credit_code.to_string(),
        None => document_index(keys, &submission.content.identity.document),
    };
    let person = submission.content.contact.index(keys);
    let subject = format!("review {document} {person}");
    let now = cx.visit.now;
    cx.app.db.write(move |tx| Box::pin(async move { limits::hit(tx, &subject, PER_SUBJECT, now).await })).await
}

impl Step for CollectEvidence {
    fn name(&self) -> &'static str {
        NAME
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn when(&self) -> &'static str {
        "a review is asked for"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.open_review(today).is_some()
    }

    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        !answers.open_review(today).is_some_and(Review::is_collecting)
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(self.page(cx, Form::default(), 200))
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.act(cx, form))
    }
}
