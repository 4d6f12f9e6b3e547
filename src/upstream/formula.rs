//! How old systems made a password's hash. Every formula is compared in constant time, whatever the case of the stored
//! digits.

use md5::{Digest, Md5};

use crate::config::Formula;
use crate::secret::{Secret, same};

/// Whether a password gives what is stored.
pub(super) fn matches(formula: Formula, password: &Secret, stored: &str, salt: &str) -> bool {
    let computed = match formula {
        Formula::Md5Middle => md5_hex(password.expose()).get(8..24).unwrap_or_default().to_owned(),
        // Without its salt it would be another formula.
        Formula::Md5Md5Salt if salt.is_empty() => return false,
        Formula::Md5Md5Salt => md5_hex(&[&md5_hex(password.expose()), salt].concat()),
    };
    same(computed.as_bytes(), stored.trim().to_ascii_lowercase().as_bytes())
}

/// The MD5 of a text in lower-case hexadecimal.
pub(super) fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        scheme: String,
        password: String,
        salt: String,
        hash: String,
    }

    fn formula(scheme: &str) -> Formula {
        match scheme {
            "md5_16" | "md5_16_upper" => Formula::Md5Middle,
            "md5_md5p_salt" => Formula::Md5Md5Salt,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_published_vectors_match_and_their_neighbours_don_t() {
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../../tests/vectors/legacy_hashes.json")).unwrap();
        assert_eq!(vectors.len(), 3);
        for Vector { scheme, password, salt, hash } in vectors {
            let formula = formula(&scheme);
            assert!(matches(formula, &Secret::new(&password), &hash, &salt), "{scheme}");
            for wrong in [password.to_lowercase(), format!("{password} "), String::new(), hash.clone()] {
                assert!(!matches(formula, &Secret::new(&wrong), &hash, &salt), "{scheme} {wrong}");
            }
            // UCenter takes the MD5 for the password too; whoever has read the table must not sign in with it.
            assert!(!matches(formula, &Secret::new(md5_hex(&password)), &hash, &salt), "{scheme}");
            for other in ["", &hash[1..], "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"] {
                assert!(!matches(formula, &Secret::new(&password), other, &salt), "{scheme} {other}");
            }
        }
        let unsalted = md5_hex(&md5_hex("Ahzw@2018"));
        assert!(!matches(Formula::Md5Md5Salt, &Secret::new("Ahzw@2018"), &unsalted, ""), "no salt is another formula");
    }
}
