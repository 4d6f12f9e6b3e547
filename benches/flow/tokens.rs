//! Introspection and refresh: what the tokens are, and what has to be right about the answers.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::client::Connection;
use crate::seed::{ES256, REDIRECT_URI, ROTATING, SCOPE};
use crate::workload::{Authorized, HEARD, Target, authorization};

/// How many access tokens are introspected. One in [`REVOKED`] of them is revoked.
const INTROSPECTED: usize = 2_000;
const REVOKED: usize = 10;
/// How many families of refresh tokens there are.
const FAMILIES: usize = 500;
/// For how long a node looks at a change again and again.
const NEWS: Duration = Duration::from_secs(16);

/// Tokens that were made before the clock started.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// The form that asks about an access token, and whether it is good.
    access: RefCell<Vec<(String, bool)>>,
    /// The good refresh token of each family that isn't in use now.
    refresh: RefCell<Vec<String>>,
}

impl Target {
    /// Access tokens, some of them revoked.
    pub(crate) async fn prepare_introspection(&self, connection: &mut Connection) -> anyhow::Result<()> {
        let mut made = Vec::with_capacity(INTROSPECTED);
        while self.prepared.access.borrow().is_empty() && made.len() < INTROSPECTED {
            let form = self.sign_on(connection, ES256, &self.any_session()?).await?.token_form();
            let good = !made.len().is_multiple_of(REVOKED);
            if !good {
                let revoked = connection.post("/revoke", &authorization(ES256), &form).await?;
                ensure!(revoked.status == 200, "a token could not be revoked: {}", revoked.status);
            }
            made.push((form, good));
        }
        self.prepared.access.borrow_mut().extend(made);
        tokio::time::sleep(HEARD).await;
        Ok(())
    }

    /// RFC 7662, about a token drawn at random: the answer has to be the right one.
    pub(crate) async fn introspect(&self, connection: &mut Connection) -> anyhow::Result<()> {
        let (form, good) = {
            let tokens = self.prepared.access.borrow();
            tokens.get(self.below(tokens.len())?).cloned().context("no tokens")?
        };
        let told = connection.post("/introspect", &authorization(ES256), &form).await?.json(200)?;
        ensure!(told.get("active").is_some_and(|active| *active == good), "good {good}, but told {told}");
        ensure!(!good || told.get("sub").is_some(), "an active token without sub");
        Ok(())
    }

    /// Families of refresh tokens of a client whose tokens rotate; of the first, that an old token ends its family.
    pub(crate) async fn prepare_refresh(&self, connection: &mut Connection) -> anyhow::Result<()> {
        if !self.prepared.refresh.borrow().is_empty() {
            return Ok(());
        }
        let old = self.begin_family(connection).await?;
        let newer = rotate(connection, &old).await?;
        let newest = rotate(connection, &newer).await?;
        for refused in [&old, &newest] {
            let answer = connection.post("/token", "", &refresh_form(refused)).await?;
            ensure!(answer.status == 400, "a family whose old token was used goes on: {}", answer.status);
        }
        for _ in 0..FAMILIES {
            let token = self.begin_family(connection).await?;
            self.prepared.refresh.borrow_mut().push(token);
        }
        // Tokens are refreshed long after the consent: not while every node still takes it for news.
        tokio::time::sleep(NEWS).await;
        Ok(())
    }

    /// Takes a family, uses its token and puts the next one back.
    pub(crate) async fn refresh(&self, connection: &mut Connection) -> anyhow::Result<()> {
        let token = {
            let mut waiting = self.prepared.refresh.borrow_mut();
            let place = self.below(waiting.len())?;
            ensure!(place < waiting.len(), "no families");
            waiting.swap_remove(place)
        };
        let next = rotate(connection, &token).await?;
        ensure!(next != token, "the refresh token did not rotate");
        self.prepared.refresh.borrow_mut().push(next);
        Ok(())
    }

    /// Signs somebody on with `offline_access`, which takes a consent each time (OpenID Connect Core, section 11).
    async fn begin_family(&self, connection: &mut Connection) -> anyhow::Result<String> {
        let ask =
            self.ask(ROTATING, &self.any_session()?, &format!("{SCOPE} offline_access"), &[("prompt", "consent")]);
        let page = connection.get(&ask.path, &ask.cookies).await?.location.context("no interaction")?;
        let html = String::from_utf8(connection.get(&page, &ask.cookies).await?.body)?;
        let (_, rest) = html.split_once("name=\"csrf\" value=\"").context("no consent page")?;
        let (csrf, _) = rest.split_once('"').context("no form token")?;
        let form = form(&[("csrf", csrf), ("decision", "allow")]);
        let consented = connection.post(&format!("{page}/consent"), &ask.cookies, &form).await?;
        let Authorized { verifier, code, .. } = ask.answered(&consented)?;
        let exchange = form_of_code(&code, &verifier) + "&client_id=" + ROTATING;
        let tokens = connection.post("/token", "", &exchange).await?.json(200)?;
        let token = tokens.get("refresh_token").and_then(serde_json::Value::as_str);
        Ok(token.context("no refresh token")?.to_owned())
    }
}

async fn rotate(connection: &mut Connection, token: &str) -> anyhow::Result<String> {
    let tokens = connection.post("/token", "", &refresh_form(token)).await?.json(200)?;
    ensure!(tokens.get("id_token").is_some(), "no ID token");
    let next = tokens.get("refresh_token").and_then(serde_json::Value::as_str);
    Ok(next.context("no next refresh token")?.to_owned())
}

fn refresh_form(token: &str) -> String {
    form(&[("grant_type", "refresh_token"), ("client_id", ROTATING), ("refresh_token", token)])
}

/// The form of the code's exchange (RFC 6749, section 4.1.3).
pub(crate) fn form_of_code(code: &str, verifier: &str) -> String {
    let grant = [("grant_type", "authorization_code"), ("redirect_uri", REDIRECT_URI)];
    form(&[grant.as_slice(), &[("code", code), ("code_verifier", verifier)]].concat())
}

/// Form-encoded pairs.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
