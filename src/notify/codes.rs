//! One-time codes by SMS, or by e-mail for people without a phone: limits on sending and on verifying, bound to purpose, transaction and phone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::texts::{self, Purpose};
use crate::clock::{Random, Timestamp};
use crate::crypto::Keyring;
use crate::domain::account::Account;
use crate::domain::contact::{EmailAddress, Phone};
use crate::ids::{CodeId, MessageId};
use crate::storage::accounts::phone_index;
use crate::storage::codes::{self, Tried};
use crate::storage::limits::{self, Limit};
use crate::storage::outbox::{self, Message};
use crate::storage::{Conn, Stored, Tx};

/// At or below what gateways accept for one number (domain.md).
const PER_MINUTE: Limit = Limit::new(1, 60);
const PER_HOUR: Limit = Limit::new(5, 60 * 60);
const PER_DAY: Limit = Limit::new(10, 24 * 60 * 60);
/// Of these, what anybody can have sent who has proven nothing yet: what is left stays for the owner's own sign-in.
const UNPROVEN_PER_HOUR: Limit = Limit::new(4, 60 * 60);
const UNPROVEN_PER_DAY: Limit = Limit::new(8, 24 * 60 * 60);
/// And what one address can have sent of that: a stranger doesn't use up a phone's day alone.
const UNPROVEN_PER_ADDRESS: Limit = Limit::new(5, 24 * 60 * 60);
/// One address, before halls are counted with their factor.
const PER_ADDRESS: Limit = Limit::new(30, 60 * 60);
/// One prefix of seven digits, or one mail domain: a block being swept.
const PER_PREFIX: Limit = Limit::new(100, 60 * 60);
/// The whole portal's day, and one purpose's; beyond it sending stops and operators are told.
const BUDGET: Limit = Limit::new(50_000, 24 * 60 * 60);
const PER_PURPOSE: Limit = Limit::new(30_000, 24 * 60 * 60);
/// Wrong codes for one phone, not reset by asking for a new code: no more than all codes of a day could be tried.
const WRONG_PER_PHONE: Limit = Limit::new(50, 24 * 60 * 60);
/// Wrong codes in one transaction.
const WRONG_PER_TRANSACTION: Limit = Limit::new(10, 60 * 60);
/// Wrong codes typed from one address.
const WRONG_PER_ADDRESS: Limit = Limit::new(30, 60 * 60);

/// Where a code goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// By SMS.
    Phone(Phone),
    /// By e-mail: for people without a phone.
    Email(EmailAddress),
}

impl Recipient {
    /// Every channel of an account that was proven: its phone, and its e-mail address once confirmed.
    pub fn all_of(account: &Account) -> Vec<Self> {
        let confirmed = account.email().cloned().filter(|_| account.email_verified_at.is_some());
        account.phone().cloned().map(Self::Phone).into_iter().chain(confirmed.map(Self::Email)).collect()
    }

    /// Somebody whom there isn't (RFC 2606, section 2), the same for the same text.
    pub fn nobody(text: &str) -> Option<Self> {
        EmailAddress::parse(&format!("{text}@nobody.invalid")).ok().map(Self::Email)
    }

    /// Its blind index, by which limits count and codes are found.
    pub fn index(&self, keys: &Keyring) -> String {
        match self {
            Self::Phone(phone) => phone_index(keys, phone),
            Self::Email(address) => keys.index("email", &address.fold()),
        }
    }

    /// Masked, for pages and the audit log.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            Self::Email(address) => address.masked(),
        }
    }

    /// A message to it; an e-mail also needs a subject.
    pub fn message(&self, subject: &str, text: String) -> Message {
        match self {
            Self::Phone(phone) => Message::Sms { to: phone.as_str().to_owned(), text },
            Self::Email(address) => {
                Message::Mail { to: address.as_str().to_owned(), subject: subject.to_owned(), text }
            }
        }
    }

    /// A block of numbers being swept: the first seven digits, or the domain.
    fn block(&self) -> String {
        match self {
            Self::Phone(phone) => phone.as_str().chars().take(7).collect(),
            Self::Email(address) => address.fold().rsplit('@').next().unwrap_or_default().to_owned(),
        }
    }
}

const BUDGET_SUBJECT: &str = "sms budget";

/// What a code belongs to.
#[derive(Clone, Debug)]
pub struct Binding {
    /// What it is for.
    pub purpose: Purpose,
    /// Which journey or sign-in.
    pub transaction: String,
    /// Who gets it.
    pub to: Recipient,
}

impl Binding {
    fn key(&self) -> String {
        format!("{}:{}", self.purpose.as_str(), self.transaction)
    }
}

/// Who asks, for the limits.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The client's address.
    pub address: String,
    /// How many times the ordinary budget this address has (service halls).
    pub factor: i64,
}

impl Asker {
    /// A limit of one address, as many times as this one's people share it.
    pub fn share(&self, limit: Limit) -> Limit {
        Limit { max: limit.max * self.factor, ..limit }
    }
}

/// What became of a request for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is in the outbox.
    Sent,
    /// One was sent less than a minute ago; it is still good.
    TooSoon,
    /// Another message went to this phone less than a minute ago, for another purpose: none was sent now.
    Wait,
    /// A limit is reached; later is better.
    Limited,
}

/// What sending needs.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// Seals the outbox, hashes the code.
    pub keys: &'a Keyring,
    /// Makes the code.
    pub random: &'a Random,
    /// The signature in 【】.
    pub signature: &'a str,
}

/// Makes a code and puts its message into the outbox, in the caller's transaction.
///
/// # Errors
/// The store's own.
pub async fn send(tx: &mut Tx, sender: Sender<'_>, binding: &Binding, asker: &Asker, now: Timestamp) -> Stored<Sent> {
    let phone = binding.to.index(sender.keys);
    let key = binding.key();
    if let Some(last) = codes::last_sent(tx, &key, &phone).await?
        && now.since(last) < PER_MINUTE.window
    {
        return Ok(Sent::TooSoon);
    }
    let minute = minute(&phone);
    let purpose = binding.purpose.as_str();
    let mut counted = of_recipient(binding, &phone, asker);
    counted.extend([
        (format!("sms prefix {}", sender.keys.index("phone prefix", &binding.to.block())), PER_PREFIX),
        (format!("sms purpose {purpose}"), PER_PURPOSE),
        (BUDGET_SUBJECT.to_owned(), BUDGET),
    ]);
    for (subject, limit) in counted {
        if !limits::hit(tx, &subject, limit, now).await? {
            if limit.max >= PER_PURPOSE.max {
                tracing::error!(
                    budget = subject,
                    "a day's SMS budget is used up: no such codes are sent until tomorrow"
                );
            }
            if subject == minute {
                return Ok(Sent::Wait);
            }
            return Ok(Sent::Limited);
        }
    }
    let code = format!("{:06}", sender.random.below(1_000_000));
    let hash = hash(sender.keys, &key, &code);
    codes::insert(tx, &CodeId::mint(now, sender.random), &key, &phone, &hash, now).await?;
    let text = texts::code(sender.signature, &binding.purpose, &code);
    let message = binding.to.message(texts::CODE_SUBJECT, text);
    let id = MessageId::mint(now, sender.random);
    outbox::push(tx, sender.keys, &id, &message, now, codes::LIFETIME).await?;
    Ok(Sent::Sent)
}

fn minute(phone: &str) -> String {
    format!("sms minute {phone}")
}

/// What a code counts against, of its recipient's and its asker's.
fn of_recipient(binding: &Binding, phone: &str, asker: &Asker) -> Vec<(String, Limit)> {
    let mut counted = vec![(minute(phone), PER_MINUTE)];
    if !binding.purpose.is_proven() {
        counted.extend([
            (format!("sms unproven {phone} from {}", asker.address), UNPROVEN_PER_ADDRESS),
            (format!("sms unproven day {phone}"), UNPROVEN_PER_DAY),
            (format!("sms unproven hour {phone}"), UNPROVEN_PER_HOUR),
        ]);
    }
    counted.extend([
        (format!("sms hour {phone}"), PER_HOUR),
        (format!("sms day {phone}"), PER_DAY),
        (format!("sms address {}", asker.address), asker.share(PER_ADDRESS)),
    ]);
    counted
}

/// Does for somebody whom there isn't what [`send`] does, but that nothing goes out: it takes as long, and a code can be tried.
///
/// # Errors
/// The store's own.
pub async fn pretend(tx: &mut Tx, sender: Sender<'_>, binding: &Binding, asker: &Asker, now: Timestamp) -> Stored<()> {
    let (nobody, key) = (binding.to.index(sender.keys), binding.key());
    if codes::last_sent(tx, &key, &nobody).await?.is_some_and(|last| now.since(last) < PER_MINUTE.window) {
        return Ok(());
    }
    for (subject, limit) in of_recipient(binding, &nobody, asker) {
        if !limits::hit(tx, &subject, limit, now).await? {
            return Ok(());
        }
    }
    let hash = hash(sender.keys, &key, &sender.random.token::<16>());
    codes::insert(tx, &CodeId::mint(now, sender.random), &key, &nobody, &hash, now).await
}

/// Counts a message without a code that somebody has sent to a stranger's phone, for `purpose`; `false` if it must not be
/// sent. It counts as a code that nobody has earned, so that nobody uses up what the owner's own sign-in needs.
///
/// # Errors
/// The store's own.
pub async fn may_tell(
    tx: &mut Tx,
    keys: &Keyring,
    (purpose, to): (&str, &Recipient),
    asker: &Asker,
    now: Timestamp,
) -> Stored<bool> {
    let phone = to.index(keys);
    let counted = [
        (format!("sms unproven {phone} from {}", asker.address), UNPROVEN_PER_ADDRESS),
        (format!("sms unproven day {phone}"), UNPROVEN_PER_DAY),
        (format!("sms unproven hour {phone}"), UNPROVEN_PER_HOUR),
        (format!("sms hour {phone}"), PER_HOUR),
        (format!("sms day {phone}"), PER_DAY),
        (format!("sms prefix {}", keys.index("phone prefix", &to.block())), PER_PREFIX),
        (format!("sms purpose {purpose}"), PER_PURPOSE),
        (BUDGET_SUBJECT.to_owned(), BUDGET),
    ];
    for (subject, limit) in counted {
        if !limits::hit(tx, &subject, limit, now).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What became of a typed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Right, and used up.
    Right,
    /// Wrong.
    Wrong,
    /// No code is waiting: expired or tried too often. A new one can be asked for.
    Spent,
    /// Too many wrong codes for this phone, in this transaction, or from this address.
    Limited,
}

/// Verifies a typed code, in the caller's transaction, which must be kept whatever the outcome.
///
/// # Errors
/// The store's own.
pub async fn verify(
    tx: &mut Tx,
    keys: &Keyring,
    (binding, asker): (&Binding, &Asker),
    typed: &str,
    now: Timestamp,
) -> Stored<Verified> {
    let phone = binding.to.index(keys);
    let key = binding.key();
    let wrong = [
        (format!("code phone {phone} {}", binding.purpose.as_str()), WRONG_PER_PHONE),
        (format!("code {key}"), WRONG_PER_TRANSACTION),
        (format!("code address {}", asker.address), asker.share(WRONG_PER_ADDRESS)),
    ];
    for (subject, limit) in &wrong {
        if limits::reached(tx, subject, *limit, now).await? {
            return Ok(Verified::Limited);
        }
    }
    let tried = codes::attempt(tx, &key, &phone, &hash(keys, &key, typed), now).await?;
    if tried == Tried::Wrong {
        for (subject, limit) in &wrong {
            limits::hit(tx, subject, *limit, now).await?;
        }
    }
    Ok(match tried {
        Tried::Right => Verified::Right,
        Tried::Wrong => Verified::Wrong,
        Tried::Spent => Verified::Spent,
    })
}

/// When the last code of this transaction was sent.
///
/// # Errors
/// The store's own.
pub async fn last(conn: &mut Conn, keys: &Keyring, binding: &Binding) -> Stored<Option<Timestamp>> {
    codes::last_sent(conn, &binding.key(), &binding.to.index(keys)).await
}

/// How long until another code may be asked for in this transaction.
///
/// # Errors
/// The store's own.
pub async fn wait(conn: &mut Conn, keys: &Keyring, binding: &Binding, now: Timestamp) -> Stored<Duration> {
    Ok(last(conn, keys, binding).await?.map_or(Duration::ZERO, |at| PER_MINUTE.window.saturating_sub(now.since(at))))
}

fn hash(keys: &Keyring, binding: &str, code: &str) -> String {
    keys.hash("one-time code", &format!("{binding}\n{code}"))
}
