//! `guiyi review …`: the reviewers' desk on the command line. What it shows is masked; an unmasked look is asked for
//! with its purpose, and noted.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use crate::app::App;
use crate::domain::case_number::CaseNumber;
use crate::domain::identity::Identity;
use crate::domain::typed::compact;
use crate::pages::beijing;
use crate::review::Content;
use crate::review::desk::{Approval, Case, Reviewer};
use crate::secret::Secret;
use crate::storage::reviews::State;

/// A reviewer and what to do.
#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// The reviewer's user name; the password is asked for, or read from the first line of the standard input.
    #[arg(long = "as", value_name = "USER NAME")]
    reviewer: String,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The open cases, oldest first.
    List,
    /// One case, masked.
    Show {
        /// The case number.
        case: String,
        /// Show name, number and phone in full; needs --purpose.
        #[arg(long, requires = "purpose")]
        unmasked: bool,
        /// Write the pictures into this folder; needs --purpose.
        #[arg(long, requires = "purpose")]
        pictures: Option<PathBuf>,
        /// Why an unmasked look is needed: goes into the audit log.
        #[arg(long)]
        purpose: Option<String>,
    },
    /// Take a case, for four hours.
    Claim {
        /// The case number.
        case: String,
    },
    /// Approve, on the grounds of these pictures.
    Approve {
        /// The case number.
        case: String,
        /// The numbers of the pictures that were looked at, e.g. `1,2`.
        #[arg(long, value_delimiter = ',', required = true)]
        evidence: Vec<i64>,
    },
    /// Reject; the person reads the reason.
    Reject {
        /// The case number.
        case: String,
        /// Why, in words for the person.
        #[arg(long)]
        reason: String,
    },
    /// Ask for a correction; the person reads what is asked for.
    Ask {
        /// The case number.
        case: String,
        /// What is asked for, in words for the person.
        #[arg(long)]
        reason: String,
    },
    /// Stop an approval before it comes into effect: the account's owner has objected.
    Stop {
        /// The case number.
        case: String,
        /// Why, in words for the person.
        #[arg(long)]
        reason: String,
    },
}

/// Signs the reviewer in and does what was asked for.
///
/// # Errors
/// What the desk refuses, in words.
pub async fn run(app: &App, args: ReviewArgs) -> anyhow::Result<()> {
    let reviewer = Reviewer::sign_in(app, &args.reviewer, &password()?).await?;
    let mut out = std::io::stdout().lock();
    match args.action {
        Action::List => list(app, &reviewer, &mut out).await,
        Action::Show { case, unmasked, pictures, purpose } => {
            let case = open(app, &reviewer, &case).await?;
            if unmasked || pictures.is_some() {
                reviewer.unmask(app, &case, purpose.as_deref().unwrap_or_default()).await?;
            }
            show(app, &case, unmasked, &mut out)?;
            match pictures {
                Some(folder) => write_pictures(app, &reviewer, &case, &folder).await,
                None => Ok(()),
            }
        }
        Action::Claim { case } => {
            let case = open(app, &reviewer, &case).await?;
            reviewer.claim(app, &case).await?;
            Ok(writeln!(out, "{} is yours for four hours", case.review.case)?)
        }
        Action::Approve { case, evidence } => {
            let case = open(app, &reviewer, &case).await?;
            let said = match reviewer.approve(app, &case, &evidence).await? {
                Approval::NeedsSecond => "approved; a second reviewer has to agree".to_owned(),
                Approval::From(at) => format!("approved, in effect from {}", beijing(at)),
            };
            Ok(writeln!(out, "{said}")?)
        }
        Action::Reject { case, reason } => refuse(app, &reviewer, &case, State::Rejected, &reason, &mut out).await,
        Action::Ask { case, reason } => refuse(app, &reviewer, &case, State::Returned, &reason, &mut out).await,
        Action::Stop { case, reason } => {
            let case = open(app, &reviewer, &case).await?;
            reviewer.stop(app, &case, words(&reason)?).await?;
            Ok(writeln!(out, "stopped")?)
        }
    }
}

async fn refuse(
    app: &App,
    reviewer: &Reviewer,
    case: &str,
    state: State,
    reason: &str,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let case = open(app, reviewer, case).await?;
    reviewer.refuse(app, &case, state, words(reason)?).await?;
    Ok(writeln!(out, "{}", state.as_str())?)
}

/// A reason is read by a citizen: it says something, and not too much.
fn words(reason: &str) -> anyhow::Result<&str> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 300 {
        bail!("a reason has 1 to 300 characters");
    }
    Ok(reason)
}

fn password() -> anyhow::Result<Secret> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(Secret::new(rpassword::prompt_password("password: ")?));
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}

async fn open(app: &App, reviewer: &Reviewer, case: &str) -> anyhow::Result<Case> {
    let number = CaseNumber::parse(case).with_context(|| format!("{case} is no case number"))?;
    Ok(reviewer.open(app, &number).await?)
}

async fn list(app: &App, reviewer: &Reviewer, out: &mut impl Write) -> anyhow::Result<()> {
    let open = reviewer.list(app).await?;
    for (review, content) in &open {
        let whose = if review.claimed_by.is_some() { "claimed" } else { "free" };
        let reviewers = if review.account.is_some() { 2 } else { 1 };
        writeln!(
            out,
            "{}  {}  {:<8} {reviewers} reviewer(s)  {}  {}",
            review.case,
            beijing(review.submitted_at),
            whose,
            content.outcome,
            content.identity.name.masked(),
        )?;
    }
    Ok(writeln!(out, "{} open", open.len())?)
}

fn show(app: &App, case: &Case, unmasked: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let Content { identity, unit, guardian, lost, outcome, legacy, contact } = &case.content;
    let shown = |who: &Identity| match unmasked {
        true => (who.name.as_str().to_owned(), who.document.number().to_owned()),
        false => (who.name.masked(), who.document.masked_public()),
    };
    let (name, document) = shown(identity);
    writeln!(out, "case       {}", case.review.case)?;
    writeln!(out, "state      {}", case.review.state.as_str())?;
    writeln!(out, "submitted  {}", beijing(case.review.submitted_at))?;
    writeln!(out, "why        {outcome}")?;
    if let Some(unit) = unit {
        writeln!(out, "unit       {} {}", unit.name.as_str(), unit.credit_code)?;
        writeln!(
            out,
            "           {} · {} · {}",
            unit.unit_type.name(false),
            unit.registered_on,
            unit.address.as_str()
        )?;
        writeln!(out, "check      {}", if unit.credit_code.has_right_check() { "right" } else { "wrong character" })?;
        writeln!(out, "represented by")?;
    }
    writeln!(out, "name       {name}")?;
    let country = identity.document.country().alpha3();
    writeln!(out, "document   {} {country} {document}", identity.document.kind().as_str())?;
    if let Some(born) = identity.birth_date.filter(|_| unmasked) {
        writeln!(out, "born       {born}, as the person says")?;
    }
    if let Some(guardian) = guardian {
        let (name, document) = shown(&guardian.identity);
        writeln!(out, "guardian   {name} {document}, says to be: {}", guardian.relation.as_str())?;
    }
    writeln!(out, "contact    {}", contact.masked())?;
    if let Some(legacy) = legacy {
        let system = app.systems.get(&legacy.system).map_or(legacy.system.as_str(), |s| s.name(false)).to_owned();
        writeln!(out, "old system {system}")?;
        let row = &legacy.profile;
        if unmasked {
            writeln!(out, "old row    {} {} {} {}", legacy.account, row.name, row.document_number, row.phone)?;
        } else {
            let same = |same: bool| if same { "same" } else { "other" };
            let says = [
                ("name", same(row.name.trim() == identity.name.as_str())),
                ("document", same(compact(&row.document_number) == identity.document.number())),
            ];
            writeln!(out, "old row    {}", says.map(|(what, is)| format!("{what}: {is}")).join(", "))?;
        }
        if let Some(old) = &row.unit {
            // Registers of units are public: nothing of it is masked.
            writeln!(out, "old unit   {} {} {}", old.name, old.credit_code, old.address)?;
        }
    }
    if let Some(lost) = lost {
        let factors = if lost.factors { "passkeys, authenticator apps and recovery codes are removed" } else { "kept" };
        writeln!(out, "asks for   the contact as the account's phone; second factors: {factors}")?;
        if let Some(owner) = &case.owner {
            let same = |same: bool| if same { "same" } else { "other" };
            writeln!(
                out,
                "on file    name: {}, state: {}",
                same(owner.is_named(&identity.name)),
                owner.status.as_str()
            )?;
        } else {
            writeln!(out, "on file    no account has this document: reject, and say how to register")?;
        }
    }
    if let Some(account) = &case.review.account {
        writeln!(out, "touches    account {account}: two reviewers, then 72 hours")?;
    }
    writeln!(out, "approvals  {} of {}", case.approved_by.len(), case.reviewers_needed())?;
    for piece in &case.evidence {
        writeln!(out, "picture {}  {}  {}", piece.slot, piece.kind, beijing(piece.added_at))?;
    }
    Ok(())
}

async fn write_pictures(app: &App, reviewer: &Reviewer, case: &Case, folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::create_dir_all(folder)?;
    for piece in &case.evidence {
        let jpeg = reviewer.picture(app, case, piece.slot).await?;
        let path = folder.join(format!("{}-{}-{}.jpg", case.review.case, piece.slot, piece.kind));
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(&jpeg)?;
    }
    Ok(())
}
