//! What is done to the server, and what has to be right in its answers. One wrong answer fails the run.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use guiyi::clock::Random;
use guiyi::crypto::sha256;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{Answer, Connection};
use crate::login::Browser;
use crate::seed::{CLIENT_SECRET, ES256, ISSUER, Population, REDIRECT_URI, RESOURCE, RS256, SCOPE, SERVICE};
use crate::tokens::{Tokens, form, form_of_code};

/// One sign-on in so many is looked at closely.
const SAMPLE: u32 = 50;
/// How many access tokens the userinfo workload draws from.
const TOKENS: usize = 2_000;
/// How many people are seen once each in the workload of first visits.
const FIRST: usize = 20_000;
/// People are taken in this order out of the whole population: a prime's multiples, which meet everybody once.
const STRIDE: usize = 1_000_003;

/// By when every node has heard of a revocation.
pub(crate) const HEARD: Duration = Duration::from_secs(1);

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// [`Workload::SignOnEs256`] once for each of so many people, whom the server hasn't seen before.
    FirstSignOn,
    /// Authorize with a session and PKCE, token, userinfo; the ID token is signed with ES256. By people who were here
    /// before.
    SignOnEs256,
    /// The same with RS256.
    SignOnRs256,
    /// A machine's token about itself (RFC 6749, section 4.4), a JWT signed with ES256.
    ClientCredentials,
    /// A bearer token's claims.
    UserInfo,
    /// What a client asks about its own tokens, some of them revoked.
    Introspection,
    /// A rotating refresh token for the next one, with an ID token.
    Refresh,
    /// Name and password: right, wrong, and of nobody, each from another address.
    Login,
    /// The provider's metadata.
    Discovery,
    /// Its keys.
    Jwks,
}

impl Workload {
    pub(crate) const ALL: [Self; 10] = [
        Self::FirstSignOn,
        Self::SignOnEs256,
        Self::SignOnRs256,
        Self::ClientCredentials,
        Self::UserInfo,
        Self::Introspection,
        Self::Refresh,
        Self::Login,
        Self::Discovery,
        Self::Jwks,
    ];

    /// Whether it can be measured again: a first time is one.
    pub(crate) fn repeats(self) -> bool {
        self != Self::FirstSignOn
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FirstSignOn => "first ES256",
            Self::SignOnEs256 => "sign-on ES256",
            Self::SignOnRs256 => "sign-on RS256",
            Self::ClientCredentials => "client creds",
            Self::UserInfo => "userinfo",
            Self::Introspection => "introspection",
            Self::Refresh => "refresh",
            Self::Login => "login",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
        }
    }

    /// Does it once; what is to be looked at afterwards, out of the time that is measured. `None` if nothing is left.
    pub(crate) async fn run(self, target: &Target, connection: &mut Connection) -> anyhow::Result<Option<Done>> {
        match self {
            Self::FirstSignOn => match target.in_turn(ES256, FIRST)? {
                Some(session) => target.sign_on(connection, ES256, &session).await.map(Done::SignOn).map(Some),
                None => Ok(None),
            },
            Self::SignOnEs256 => {
                target.sign_on(connection, ES256, &target.any_session()?).await.map(Done::SignOn).map(Some)
            }
            Self::SignOnRs256 => {
                target.sign_on(connection, RS256, &target.any_session()?).await.map(Done::SignOn).map(Some)
            }
            Self::ClientCredentials => {
                let form = form(&[("grant_type", "client_credentials")]);
                let tokens = connection.post("/token", &authorization(SERVICE), &form).await?.json(200)?;
                let token = tokens.get("access_token").and_then(serde_json::Value::as_str).context("no token")?;
                Ok(Some(Done::Service(token.to_owned())))
            }
            Self::UserInfo => {
                let token = target.any_token()?;
                let answer = connection.get("/userinfo", &token).await?.json(200)?;
                ensure!(answer.get("sub").is_some(), "userinfo without sub");
                Ok(Some(Done::Read))
            }
            Self::Introspection => target.introspect(connection).await.map(|()| Some(Done::Read)),
            Self::Refresh => target.refresh(connection).await.map(|()| Some(Done::Read)),
            Self::Login => target.log_in_somebody(connection).await.map(|()| Some(Done::Read)),
            Self::Discovery => {
                let answer = connection.get("/.well-known/openid-configuration", "").await?;
                ensure!(answer.status == 200 && answer.body.starts_with(b"{"), "no metadata");
                Ok(Some(Done::Read))
            }
            Self::Jwks => {
                let answer = connection.get("/jwks", "").await?;
                ensure!(answer.status == 200 && answer.body.starts_with(b"{\"keys\""), "no keys");
                Ok(Some(Done::Read))
            }
        }
    }
}

/// What was just done.
#[derive(Debug)]
pub(crate) enum Done {
    SignOn(SignedOn),
    /// A machine's token.
    Service(String),
    Read,
}

/// A request for a code.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) path: String,
    pub(crate) cookies: String,
    state: String,
    nonce: String,
    verifier: String,
}

/// A code, and what it was asked for with.
#[derive(Debug)]
pub(crate) struct Authorized {
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) code: String,
}

impl Ask {
    /// The code of an answer that leads back to the client.
    pub(crate) fn answered(self, answer: &Answer) -> anyhow::Result<Authorized> {
        let location = answer.location.as_ref().with_context(|| format!("authorize answered {}", answer.status))?;
        let query = location.strip_prefix(REDIRECT_URI).and_then(|l| l.strip_prefix('?')).context("not silent")?;
        let given: HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let is = |name: &str, value: &str| given.get(name).is_some_and(|v| v == value);
        ensure!(is("state", &self.state) && is("iss", ISSUER), "another state or issuer: {location}");
        let code = given.get("code").with_context(|| format!("no code: {location}"))?.to_string();
        Ok(Authorized { nonce: self.nonce, verifier: self.verifier, code })
    }
}

/// A sign-on that was just made.
#[derive(Debug)]
pub(crate) struct SignedOn {
    client: &'static str,
    nonce: String,
    form: String,
    bearer: String,
    id_token: String,
}

impl SignedOn {
    /// The form that names its access token.
    pub(crate) fn token_form(&self) -> String {
        let token = self.bearer.trim_end().rsplit(' ').next().unwrap_or_default();
        crate::tokens::form(&[("token", token)])
    }
}

#[derive(Debug, Deserialize)]
struct Answered {
    access_token: String,
    id_token: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Claims {
    sub: String,
    nonce: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Service {
    sub: String,
    client_id: String,
}

/// The server as the generator knows it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) nodes: Vec<String>,
    pub(crate) people: Population,
    /// How many of them come again and again.
    regulars: usize,
    keys: JwkSet,
    tokens: RefCell<Vec<String>>,
    pub(crate) prepared: Tokens,
    /// Revoked tokens that a node hadn't heard of.
    revoked: RefCell<Vec<String>>,
    /// The browser that logs people in, and the token of its forms.
    pub(crate) browser: RefCell<Option<Browser>>,
    /// How many sessions each client has seen.
    turns: RefCell<HashMap<&'static str, usize>>,
    pub(crate) random: Random,
    count: Cell<u32>,
    verified: Cell<u32>,
}

impl Target {
    pub(crate) async fn find(nodes: Vec<String>, people: Population, regulars: usize) -> anyhow::Result<Self> {
        ensure!(!people.count.is_multiple_of(STRIDE), "another number of people");
        let mut connection = Connection::open(&nodes).await?;
        let keys = serde_json::from_value(connection.get("/jwks", "").await?.json(200)?)?;
        let random = Random::system();
        Ok(Self {
            nodes,
            people,
            regulars: regulars.min(people.count),
            keys,
            tokens: RefCell::default(),
            prepared: Tokens::default(),
            revoked: RefCell::default(),
            browser: RefCell::default(),
            turns: RefCell::default(),
            random,
            count: Cell::new(0),
            verified: Cell::new(0),
        })
    }

    /// How many samples were found right.
    pub(crate) fn verified(&self) -> u32 {
        self.verified.get()
    }

    /// What a workload needs before its clock starts: all regulars were here before, or tokens.
    pub(crate) async fn prepare(&self, workload: Workload) -> anyhow::Result<()> {
        let mut connection = Connection::open(&self.nodes).await?;
        let client = match workload {
            Workload::SignOnEs256 => Some(ES256),
            Workload::SignOnRs256 => Some(RS256),
            _ => None,
        };
        if let Some(client) = client {
            // Every node learns of everybody.
            while let Some(session) = self.in_turn(client, self.regulars)? {
                for _ in &self.nodes {
                    self.authorize(&mut connection, client, &session).await?;
                }
            }
        }
        match workload {
            Workload::Introspection => self.prepare_introspection(&mut connection).await?,
            Workload::Refresh => self.prepare_refresh(&mut connection).await?,
            Workload::Login => self.prepare_login(&mut connection).await?,
            _ => {}
        }
        if workload == Workload::UserInfo && self.tokens.borrow().is_empty() {
            for _ in 0..TOKENS {
                let done = self.sign_on(&mut connection, ES256, &self.any_session()?).await?;
                self.tokens.borrow_mut().push(done.bearer);
            }
        }
        Ok(())
    }

    /// The session of somebody whom the client hasn't seen yet, of the first `most` people.
    fn in_turn(&self, client: &'static str, most: usize) -> anyhow::Result<Option<String>> {
        let mut turns = self.turns.borrow_mut();
        let turn = turns.entry(client).or_default();
        if *turn >= most.min(self.people.count) {
            return Ok(None);
        }
        *turn += 1;
        self.session(*turn - 1).map(Some)
    }

    /// The session of the person who is taken at this turn.
    fn session(&self, turn: usize) -> anyhow::Result<String> {
        let place = turn.checked_mul(STRIDE).context("too many people")? % self.people.count;
        Ok(self.people.cookie(place))
    }

    /// Of any regular.
    pub(crate) fn any_session(&self) -> anyhow::Result<String> {
        self.session(self.below(self.regulars)?)
    }

    fn any_token(&self) -> anyhow::Result<String> {
        let tokens = self.tokens.borrow();
        tokens.get(self.below(tokens.len())?).cloned().context("no tokens")
    }

    pub(crate) fn below(&self, bound: usize) -> anyhow::Result<usize> {
        Ok(usize::try_from(self.random.below(u32::try_from(bound)?))?)
    }

    pub(crate) fn ask(&self, client: &str, session: &str, scope: &str, more: &[(&str, &str)]) -> Ask {
        let [state, nonce, verifier] = [(); 3].map(|()| self.random.token::<32>());
        let browser = self.random.token::<32>();
        let cookies = format!("cookie: __Host-guiyi_browser={browser}; __Host-guiyi_session={session}\r\n");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("response_type", "code"), ("client_id", client), ("redirect_uri", REDIRECT_URI)])
            .extend_pairs([("scope", scope), ("state", &state), ("nonce", &nonce)])
            .extend_pairs([("code_challenge", sha256(&verifier).as_str()), ("code_challenge_method", "S256")])
            .extend_pairs(more)
            .finish();
        Ask { path: format!("/authorize?{query}"), cookies, state, nonce, verifier }
    }

    pub(crate) async fn authorize(
        &self,
        connection: &mut Connection,
        client: &'static str,
        session: &str,
    ) -> anyhow::Result<Authorized> {
        let ask = self.ask(client, session, SCOPE, &[]);
        let answer = connection.get(&ask.path, &ask.cookies).await?;
        ask.answered(&answer)
    }

    pub(crate) async fn sign_on(
        &self,
        connection: &mut Connection,
        client: &'static str,
        session: &str,
    ) -> anyhow::Result<SignedOn> {
        let Authorized { nonce, verifier, code } = self.authorize(connection, client, session).await?;
        let form = form_of_code(&code, &verifier);
        let tokens: Answered =
            serde_json::from_value(connection.post("/token", &authorization(client), &form).await?.json(200)?)?;
        let payload = tokens.id_token.split('.').nth(1).context("not a JWS")?;
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
        ensure!(claims.nonce == nonce, "another nonce");

        let bearer = format!("authorization: Bearer {}\r\n", tokens.access_token);
        let person = connection.get("/userinfo", &bearer).await?.json(200)?;
        ensure!(person.get("sub").is_some_and(|sub| *sub == claims.sub), "another person");
        Ok(SignedOn { client, nonce, form, bearer, id_token: tokens.id_token })
    }

    /// Of a sample: the token's signature, audience, issuer and nonce; the code must not work twice, and its second use
    /// must have ended the access token.
    pub(crate) async fn look_closely(&self, connection: &mut Connection, done: Done) -> anyhow::Result<()> {
        self.count.set(self.count.get() + 1);
        if !self.count.get().is_multiple_of(SAMPLE) {
            return Ok(());
        }
        let done = match done {
            Done::Read => return Ok(()),
            Done::Service(token) => {
                let claims: Service = self.verified_claims(&token, Algorithm::ES256, RESOURCE)?;
                ensure!(claims.sub == SERVICE && claims.client_id == SERVICE, "about {}", claims.sub);
                self.verified.set(self.verified.get() + 1);
                return Ok(());
            }
            Done::SignOn(done) => done,
        };
        let wanted = if done.client == ES256 { Algorithm::ES256 } else { Algorithm::RS256 };
        let claims: Claims = self.verified_claims(&done.id_token, wanted, done.client)?;
        ensure!(claims.nonce == done.nonce, "another nonce");

        let again = connection.post("/token", &authorization(done.client), &done.form).await?.json(400)?;
        ensure!(again.get("error").is_some_and(|e| e == "invalid_grant"), "a code used twice: {again}");
        let refused = connection.get("/userinfo", &done.bearer).await?;
        match refused.status {
            401 => {}
            // Another node may take a moment to hear of it: asked again when the clock has stopped.
            200 if self.nodes.len() > 1 => self.revoked.borrow_mut().push(done.bearer),
            status => bail!("the token of a code used twice gave {status}"),
        }
        self.verified.set(self.verified.get() + 1);
        Ok(())
    }

    /// A second later every node refuses what was revoked.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        let revoked = self.revoked.take();
        if revoked.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(HEARD).await;
        let mut connection = Connection::open(&self.nodes).await?;
        for bearer in revoked {
            for _ in &self.nodes {
                let refused = connection.get("/userinfo", &bearer).await?;
                ensure!(refused.status == 401, "a node hasn't heard of a revocation for a second");
            }
        }
        Ok(())
    }

    fn verified_claims<T: DeserializeOwned + Clone>(
        &self,
        token: &str,
        wanted: Algorithm,
        audience: &str,
    ) -> anyhow::Result<T> {
        let header = jsonwebtoken::decode_header(token)?;
        ensure!(header.alg == wanted, "signed with {:?}", header.alg);
        let key = self.keys.find(&header.kid.context("no kid")?).context("the key isn't published")?;
        let mut validation = Validation::new(wanted);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        Ok(jsonwebtoken::decode::<T>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
    }
}

pub(crate) fn authorization(client: &str) -> String {
    format!("authorization: Basic {}\r\n", STANDARD.encode(format!("{client}:{CLIENT_SECRET}")))
}
