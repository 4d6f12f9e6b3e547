//! What is done to the server, and what has to be right in its answers. One wrong answer fails the run.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use guiyi::clock::Random;
use guiyi::crypto::sha256;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use crate::client::Connection;
use crate::seed::{CLIENT_SECRET, ISSUER, REDIRECT_URI, SCOPE};

/// One sign-on in so many is looked at closely.
const SAMPLE: u32 = 50;
/// How many access tokens the userinfo workload draws from.
const TOKENS: usize = 2_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Authorize with a session and PKCE, token, userinfo; the ID token is signed with ES256.
    SignOnEs256,
    /// The same with RS256.
    SignOnRs256,
    /// A bearer token's claims.
    UserInfo,
    /// The provider's metadata.
    Discovery,
    /// Its keys.
    Jwks,
}

impl Workload {
    pub(crate) const ALL: [Self; 5] =
        [Self::SignOnEs256, Self::SignOnRs256, Self::UserInfo, Self::Discovery, Self::Jwks];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SignOnEs256 => "sign-on ES256",
            Self::SignOnRs256 => "sign-on RS256",
            Self::UserInfo => "userinfo",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
        }
    }

    /// Does it once; what is to be looked at afterwards, out of the time that is measured.
    pub(crate) async fn run(self, target: &Target, connection: &mut Connection) -> anyhow::Result<Option<SignedOn>> {
        match self {
            Self::SignOnEs256 => target.sign_on(connection, "bench-es").await.map(Some),
            Self::SignOnRs256 => target.sign_on(connection, "bench-rs").await.map(Some),
            Self::UserInfo => {
                let token = target.token()?;
                let answer = connection.get("/userinfo", &token).await?.json(200)?;
                ensure!(answer.get("sub").is_some(), "userinfo without sub");
                Ok(None)
            }
            Self::Discovery => {
                let answer = connection.get("/.well-known/openid-configuration", "").await?;
                ensure!(answer.status == 200 && answer.body.starts_with(b"{"), "no metadata");
                Ok(None)
            }
            Self::Jwks => {
                let answer = connection.get("/jwks", "").await?;
                ensure!(answer.status == 200 && answer.body.starts_with(b"{\"keys\""), "no keys");
                Ok(None)
            }
        }
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

#[derive(Debug, Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    nonce: String,
}

/// The server as the generator knows it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) authority: String,
    sessions: Vec<String>,
    keys: JwkSet,
    tokens: RefCell<Vec<String>>,
    random: Random,
    count: Cell<u32>,
    verified: Cell<u32>,
}

impl Target {
    pub(crate) async fn find(authority: &str, sessions: Vec<String>) -> anyhow::Result<Self> {
        let mut connection = Connection::open(authority).await?;
        let keys = serde_json::from_value(connection.get("/jwks", "").await?.json(200)?)?;
        let random = Random::system();
        Ok(Self {
            authority: authority.to_owned(),
            sessions,
            keys,
            tokens: RefCell::default(),
            random,
            count: Cell::new(0),
            verified: Cell::new(0),
        })
    }

    /// How many samples were found right.
    pub(crate) fn verified(&self) -> u32 {
        self.verified.get()
    }

    /// What a workload needs before its clock starts.
    pub(crate) async fn prepare(&self, workload: Workload) -> anyhow::Result<()> {
        if workload == Workload::UserInfo && self.tokens.borrow().is_empty() {
            let mut connection = Connection::open(&self.authority).await?;
            for _ in 0..TOKENS {
                let done = self.sign_on(&mut connection, "bench-es").await?;
                self.tokens.borrow_mut().push(done.bearer);
            }
        }
        Ok(())
    }

    fn token(&self) -> anyhow::Result<String> {
        Ok(self.any(&self.tokens.borrow())?.clone())
    }

    fn any<'a>(&self, all: &'a [String]) -> anyhow::Result<&'a String> {
        let n = self.random.below(u32::try_from(all.len())?);
        all.get(usize::try_from(n)?).context("nothing to draw from")
    }

    async fn sign_on(&self, connection: &mut Connection, client: &'static str) -> anyhow::Result<SignedOn> {
        let [state, nonce, verifier] = [(); 3].map(|()| self.random.token::<32>());
        let cookies = format!(
            "cookie: __Host-guiyi_browser={}; __Host-guiyi_session={}\r\n",
            self.random.token::<32>(),
            self.any(&self.sessions)?
        );
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("response_type", "code"), ("client_id", client), ("redirect_uri", REDIRECT_URI)])
            .extend_pairs([("scope", SCOPE), ("state", &state), ("nonce", &nonce)])
            .extend_pairs([("code_challenge", sha256(&verifier).as_str()), ("code_challenge_method", "S256")])
            .finish();
        let answer = connection.get(&format!("/authorize?{query}"), &cookies).await?;
        let location = answer.location.with_context(|| format!("authorize answered {}", answer.status))?;
        let query = location.strip_prefix(REDIRECT_URI).and_then(|l| l.strip_prefix('?')).context("not silent")?;
        let given: HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let is = |name: &str, value: &str| given.get(name).is_some_and(|v| v == value);
        ensure!(is("state", &state) && is("iss", ISSUER), "another state or issuer: {location}");
        let code = given.get("code").with_context(|| format!("no code: {location}"))?;

        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)])
            .append_pair("code_verifier", &verifier)
            .finish();
        let tokens: Tokens =
            serde_json::from_value(connection.post("/token", &authorization(client), &form).await?.json(200)?)?;
        let payload = tokens.id_token.split('.').nth(1).context("not a JWS")?;
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
        ensure!(claims.nonce == nonce, "another nonce");

        let bearer = format!("authorization: Bearer {}\r\n", tokens.access_token);
        let person = connection.get("/userinfo", &bearer).await?.json(200)?;
        ensure!(person.get("sub").is_some_and(|sub| *sub == claims.sub), "another person");
        Ok(SignedOn { client, nonce, form, bearer, id_token: tokens.id_token })
    }

    /// Of a sample: the ID token's signature, audience, issuer and nonce; the code must not work twice, and its second
    /// use must have ended the access token.
    pub(crate) async fn look_closely(&self, connection: &mut Connection, done: &SignedOn) -> anyhow::Result<()> {
        self.count.set(self.count.get() + 1);
        if !self.count.get().is_multiple_of(SAMPLE) {
            return Ok(());
        }
        let header = jsonwebtoken::decode_header(&done.id_token)?;
        let wanted = if done.client == "bench-es" { Algorithm::ES256 } else { Algorithm::RS256 };
        ensure!(header.alg == wanted, "signed with {:?}", header.alg);
        let key = self.keys.find(&header.kid.context("no kid")?).context("the key isn't published")?;
        let mut validation = Validation::new(wanted);
        validation.set_audience(&[done.client]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let token = jsonwebtoken::decode::<Claims>(&done.id_token, &DecodingKey::from_jwk(key)?, &validation)?;
        ensure!(token.claims.nonce == done.nonce, "another nonce");

        let again = connection.post("/token", &authorization(done.client), &done.form).await?.json(400)?;
        ensure!(again.get("error").is_some_and(|e| e == "invalid_grant"), "a code used twice: {again}");
        let refused = connection.get("/userinfo", &done.bearer).await?;
        ensure!(refused.status == 401, "the token of a code used twice is still good");
        self.verified.set(self.verified.get() + 1);
        Ok(())
    }
}

fn authorization(client: &str) -> String {
    format!("authorization: Basic {}\r\n", STANDARD.encode(format!("{client}:{CLIENT_SECRET}")))
}
