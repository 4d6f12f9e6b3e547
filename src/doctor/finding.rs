//! What an examination has found: each finding with a stable id, what it is about, why, and its mending.

use std::fmt;

use serde::{Serialize, Serializer};

/// Declares the checks and their ids, in the order of the report.
macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        /// What is looked at. docs/operations.md has a row for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Check {
            $($(#[$doc])* $name,)*
        }

        impl Check {
            /// Every check, in the order of the report.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its id: what a script looks for.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }
    };
}

checks! {
    /// The configuration file is there, and TOML.
    ConfigFile = "config.file";
    /// Every setting is known, there and of its type.
    ConfigSettings = "config.settings";
    /// The values are fit for production.
    ConfigValues = "config.values";
    /// Nobody else reads or writes the configuration file.
    ConfigMode = "config.mode";
    /// The configuration file is the operator's.
    ConfigOwner = "config.owner";
    /// Secrets can't be guessed.
    SecretsWeak = "secrets.weak";
    /// No secret is shared by two parties.
    SecretsRepeated = "secrets.repeated";
    /// The keys folder and its files are for their owner alone.
    KeysMode = "keys.mode";
    /// The keys are the operator's.
    KeysOwner = "keys.owner";
    /// The root key is there, or nothing hangs on it yet.
    KeysRoot = "keys.root";
    /// What is stored can be opened with the root key.
    KeysSealed = "keys.sealed";
    /// The signing keys can be read.
    KeysSigning = "keys.signing";
    /// A key signs for every algorithm that clients use.
    KeysAlgorithms = "keys.algorithms";
    /// Signing keys are rotated now and then.
    KeysAge = "keys.age";
    /// The database answers and can be written to.
    DatabaseReachable = "database.reachable";
    /// The server's version is maintained.
    DatabaseVersion = "database.version";
    /// The schema is this program's.
    DatabaseSchema = "database.schema";
    /// What was answered survives a power failure.
    DatabaseDurable = "database.durable";
    /// The way to the server is encrypted.
    DatabaseTls = "database.tls";
    /// The server has as many connections as the portal may want.
    DatabaseConnections = "database.connections";
    /// Nobody else reads the database's file.
    DatabaseMode = "database.mode";
    /// There is room on the file system.
    DatabaseSpace = "database.space";
    /// No page of the file is damaged (`--deep`).
    DatabaseDamage = "database.damage";
    /// The audit log's chain is whole (`--deep`).
    DatabaseAudit = "database.audit";
    /// The database server's clock.
    ClockDatabase = "clock.database";
    /// The newest entry of the audit log isn't of tomorrow.
    ClockHistory = "clock.history";
    /// The clocks of the systems that are called.
    ClockNeighbours = "clock.neighbours";
    /// A legacy system answers.
    UpstreamReachable = "upstream.reachable";
    /// It speaks the configured protocol.
    UpstreamProtocol = "upstream.protocol";
    /// It takes the portal's secret.
    UpstreamSecret = "upstream.secret";
    /// A provider is the configured issuer.
    UpstreamIssuer = "upstream.issuer";
    /// A provider signs with what is accepted here.
    UpstreamAlgorithms = "upstream.algorithms";
    /// A user table's file can be read.
    UpstreamFile = "upstream.file";
    /// A user table has the configured columns.
    UpstreamColumns = "upstream.columns";
    /// Gateway, source or registry answers.
    ServiceReachable = "service.reachable";
    /// It takes the portal's signature.
    ServiceSignature = "service.signature";
    /// It has the expected call.
    ServiceProtocol = "service.protocol";
    /// A certificate isn't about to expire.
    CertificateExpiry = "certificate.expiry";
    /// The issuer's own address answers.
    IssuerReachable = "issuer.reachable";
    /// It serves this portal's metadata.
    IssuerMetadata = "issuer.metadata";
    /// It publishes the keys of this folder.
    IssuerKeys = "issuer.keys";
    /// The proxies whose word is taken for a visitor's address.
    ProxiesTrusted = "proxies.trusted";
    /// The extra certificates can be read.
    EgressCa = "egress.ca";
    /// The hosts that are let through exist.
    EgressAllow = "egress.allow";
    /// URLs that clients name may be called.
    ClientsAddress = "clients.address";
    /// Clients' keys can be fetched.
    ClientsKeys = "clients.keys";
    /// The costs of a password's hash.
    PasswordsCosts = "passwords.costs";
    /// The memory for hashes at the same moment.
    PasswordsMemory = "passwords.memory";
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something doesn't work, or isn't safe.
    Fault,
    /// It works, and should be looked into.
    Warning,
    /// Looked at, and in order.
    Ok,
}

/// One thing that was looked at. No text holds a secret.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Which check.
    pub id: Check,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: a setting, a file, a host.
    pub what: String,
    /// Why it is so.
    pub why: String,
    /// How to mend it; empty if it is in order.
    pub mending: String,
}

impl Finding {
    /// Something that must be mended.
    pub(super) fn fault(
        id: Check,
        what: impl Into<String>,
        why: impl Into<String>,
        mending: impl Into<String>,
    ) -> Self {
        Self { id, severity: Severity::Fault, what: what.into(), why: why.into(), mending: mending.into() }
    }

    /// Something that should be looked into.
    pub(super) fn warning(
        id: Check,
        what: impl Into<String>,
        why: impl Into<String>,
        mending: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::fault(id, what, why, mending) }
    }

    /// Something that is in order.
    pub(super) fn ok(id: Check, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { severity: Severity::Ok, ..Self::fault(id, what, why, "") }
    }
}

/// Everything that was looked at, the worst first.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// How many faults there are.
    pub faults: usize,
    /// How many warnings.
    pub warnings: usize,
    /// All findings: faults, warnings, what is in order; of each in the order of [`Check::ALL`].
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| (finding.severity, finding.id));
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        Self { faults: count(Severity::Fault), warnings: count(Severity::Warning), findings }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { id, severity, what, why, mending } in &self.findings {
            let (id, what) = (id.id(), line(what));
            match severity {
                Severity::Ok => writeln!(f, "ok       {id}: {what}: {}", line(why))?,
                Severity::Fault | Severity::Warning => {
                    let name = if *severity == Severity::Fault { "FAULT  " } else { "warning" };
                    writeln!(f, "{name}  {id}: {what}\n         {}\n         mend: {}\n", line(why), line(mending))?;
                }
            }
        }
        let fine = self.findings.len().saturating_sub(self.faults + self.warnings);
        writeln!(f, "\nfaults: {}, warnings: {}, in order: {fine}", self.faults, self.warnings)
    }
}

/// What others have written (an error of a server) stays on its line, and does nothing to the terminal.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(600).collect()
}
