//! The sessions that one browser holds: the current one, and those put aside for other accounts of its user's (切换账号). Each has a
//! cookie's value of its own, `id.secret`; those put aside share one cookie. The current one alone is looked up at each request.

use std::sync::Arc;

use super::session;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::session::Session;
use crate::ids::SessionId;
use crate::secret::Secret;
use crate::storage::Stored;

/// How many accounts one browser holds at the most, the current one included.
pub const MOST: usize = 3;
/// Between two values in the cookie: nothing that a value can hold.
const BETWEEN: char = '~';

/// What a browser's cookies say: nothing of it is proven before it is looked up.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The current session's cookie.
    pub current: Option<Secret>,
    /// Those put aside, the last one first.
    pub aside: Vec<Secret>,
}

/// The session's id in a cookie's value.
fn id_of(cookie: &Secret) -> &str {
    cookie.expose().split_once('.').map_or("", |(id, _)| id)
}

impl Held {
    /// Reads the two cookies.
    pub fn read(current: Option<String>, aside: Option<&str>) -> Self {
        let aside = aside.unwrap_or_default().split(BETWEEN).filter(|value| value.contains('.')).take(MOST - 1);
        Self { current: current.map(Secret::new), aside: aside.map(Secret::new).collect() }
    }

    /// The value of the cookie of those put aside; empty if there are none.
    pub fn aside_text(&self) -> String {
        self.aside.iter().map(Secret::expose).collect::<Vec<_>>().join(&BETWEEN.to_string())
    }

    /// The id of the current session.
    pub fn current_id(&self) -> Option<SessionId> {
        self.current.as_ref().map(|cookie| SessionId::from(id_of(cookie)))
    }

    /// The same after a sign-in whose session takes the place of the current one; one of before with the same id is gone with it.
    #[must_use]
    pub fn replacing(&self, new: &str) -> Self {
        let new = Secret::new(new);
        let aside = self.aside.iter().filter(|cookie| id_of(cookie) != id_of(&new)).cloned().collect();
        Self { current: Some(new), aside }
    }

    /// The same after a sign-in beside which the current session stays; and what there is no room for any more.
    pub fn beside(&self, new: &str) -> (Self, Vec<Secret>) {
        let new = Secret::new(new);
        let others = self.current.iter().chain(&self.aside);
        let mut aside: Vec<Secret> = others.filter(|cookie| id_of(cookie) != id_of(&new)).cloned().collect();
        let gone = aside.split_off(aside.len().min(MOST - 1));
        (Self { current: Some(new), aside }, gone)
    }

    /// The same with one of those put aside as the current one; `None` if there is none such.
    pub fn switched(&self, to: &SessionId) -> Option<Self> {
        let place = self.aside.iter().position(|cookie| id_of(cookie) == to.as_str())?;
        let mut aside = self.aside.clone();
        let chosen = aside.remove(place);
        aside.splice(0..0, self.current.iter().cloned());
        Some(Self { current: Some(chosen), aside })
    }

    /// The same without one session.
    #[must_use]
    pub fn without(&self, id: &SessionId) -> Self {
        let is_other = |cookie: &&Secret| id_of(cookie) != id.as_str();
        Self {
            current: self.current.as_ref().filter(is_other).cloned(),
            aside: self.aside.iter().filter(is_other).cloned().collect(),
        }
    }
}

/// The live sessions of accounts in use among those put aside. Looking at them is no use of them.
///
/// # Errors
/// The store's own.
pub async fn aside(app: &App, held: &Held) -> Stored<Vec<(Session, Arc<Account>)>> {
    let mut found = Vec::new();
    for cookie in &held.aside {
        let Some(session) = session::peek(app, cookie.expose()).await? else { continue };
        if let Some(account) = app.caches.account(&session.account).await? {
            found.push((session, account));
        }
    }
    Ok(found)
}

/// Ends sessions by their cookies: their browser has forgotten them.
///
/// # Errors
/// The store's own.
pub async fn end_all(app: &App, cookies: &[Secret], why: &'static str) -> Stored<()> {
    for cookie in cookies {
        if let Some(session) = session::peek(app, cookie.expose()).await? {
            session::end(app, &session, why).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(current: &str, aside: &str) -> Held {
        Held::read(Some(current.to_owned()), Some(aside))
    }

    fn texts(held: &Held) -> (String, String) {
        (held.current.as_ref().map(|c| c.expose().to_owned()).unwrap_or_default(), held.aside_text())
    }

    #[test]
    fn a_sign_in_beside_puts_the_current_one_aside_and_the_oldest_out() {
        let (now, gone) = held("a.1", "b.1~c.1").beside("d.1");
        assert_eq!(texts(&now), ("d.1".into(), "a.1~b.1".into()));
        assert_eq!(gone.len(), 1);
        assert_eq!(id_of(&gone[0]), "c");
        let (now, gone) = held("a.1", "b.1~c.1").beside("c.2");
        assert_eq!((texts(&now), gone.len()), (("c.2".into(), "a.1~b.1".into()), 0), "the same session, renewed");
    }

    #[test]
    fn switching_leaves_one_of_each() {
        let now = held("a.1", "b.1~c.1").switched(&SessionId::from("c")).unwrap();
        assert_eq!(texts(&now), ("c.1".into(), "a.1~b.1".into()));
        assert!(now.switched(&SessionId::from("c")).is_none(), "it is the current one");
        assert_eq!(texts(&now.without(&SessionId::from("a"))), ("c.1".into(), "b.1".into()));
        assert_eq!(texts(&now.without(&SessionId::from("c"))), (String::new(), "a.1~b.1".into()));
    }

    #[test]
    fn broken_cookies_hold_nothing() {
        assert!(Held::read(None, Some("x~~y~")).aside.is_empty());
        assert_eq!(Held::read(None, Some("a.1~b.1~c.1~d.1")).aside.len(), MOST - 1);
    }
}
