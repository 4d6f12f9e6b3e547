//! Signing in with name and password, as a flood of browsers does: every try from another address, which the proxy in front
//! would say.

use anyhow::{Context, ensure};

use crate::client::{Answer, Connection};
use crate::seed::{PASSWORD, Population};
use crate::tokens::form;
use crate::workload::Target;

/// A browser without a session.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    cookie: String,
    csrf: String,
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A name with its password.
    Right,
    /// Somebody's name with a wrong password.
    Wrong,
    /// A name that nobody has.
    Nobody,
    /// The name of an account that has no password.
    Without,
}

impl Target {
    /// Opens the login page once: its form token is good for every try of that browser.
    pub(crate) async fn prepare_login(&self, connection: &mut Connection) -> anyhow::Result<()> {
        let cookie = format!("cookie: __Host-guiyi_browser={}\r\n", self.random.token::<32>());
        let html = String::from_utf8(connection.get("/login", &cookie).await?.body)?;
        let (_, rest) = html.split_once("name=\"csrf\" value=\"").context("no login page")?;
        let (csrf, _) = rest.split_once('"').context("no form token")?;
        *self.browser.borrow_mut() = Some(Browser { cookie, csrf: csrf.to_owned() });
        Ok(())
    }

    /// Half of them right, a quarter wrong, a quarter nobody's.
    pub(crate) async fn log_in_somebody(&self, connection: &mut Connection) -> anyhow::Result<()> {
        let typed = match self.below(4)? {
            0 => Typed::Wrong,
            1 => Typed::Nobody,
            _ => Typed::Right,
        };
        self.log_in(connection, typed).await
    }

    /// One try, whose answer has to be the right one.
    pub(crate) async fn log_in(&self, connection: &mut Connection, typed: Typed) -> anyhow::Result<()> {
        let answer = self.submit(connection, typed).await?;
        let page = String::from_utf8_lossy(&answer.body);
        match typed {
            Typed::Right => ensure!(answer.status == 303, "the right password gave {}: {page}", answer.status),
            Typed::Wrong | Typed::Nobody | Typed::Without => {
                ensure!(answer.status == 422 && page.contains("id=\"identifier-error\""), "{typed:?}: {page}");
                ensure!(!page.contains("id=\"captcha-error\""), "no password was looked at");
            }
        }
        Ok(())
    }

    async fn submit(&self, connection: &mut Connection, typed: Typed) -> anyhow::Result<Answer> {
        let Browser { cookie, csrf } = self.browser.borrow().clone().context("no browser")?;
        let somebody = |with: bool| -> anyhow::Result<String> {
            loop {
                let n = self.below(self.people.count)?;
                if Population::has_password(n) == with {
                    return Ok(Population::user_name(n));
                }
            }
        };
        let (name, password) = match typed {
            Typed::Right => (somebody(true)?, PASSWORD),
            Typed::Wrong => (somebody(true)?, "Another-password-2"),
            Typed::Without => (somebody(false)?, PASSWORD),
            Typed::Nobody => (format!("nobody{}", self.random.below(u32::MAX)), PASSWORD),
        };
        let [a, b, c, ..] = self.random.bytes::<4>();
        let headers = format!("{cookie}x-forwarded-for: 10.{a}.{b}.{c}\r\n");
        let form = form(&[("csrf", &csrf), ("identifier", &name), ("password", password)]);
        connection.post("/login", &headers, &form).await
    }
}
