//! Changing one entry of a Docker configuration and leaving the others as they are.

use std::sync::Arc;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::domain::{
    credential::Password,
    dockerconfig::{self, Format},
};

/// Who signs in.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: Password,
}

/// A change to the entries under `auths`.
#[derive(Clone, Debug)]
pub enum Edit {
    /// The entry of this server gets this login; it is made if there is none.
    Put {
        server: String,
        login: Login,
    },
    /// The entries of these servers get another login; what is there no more is not made again.
    Renew {
        servers: Vec<String>,
        login: Login,
    },
    /// The entry is moved to another server.
    Rekey {
        from: String,
        to: String,
    },
    Remove {
        server: String,
    },
}

/// The content of `.dockerconfigjson` after the edit.
///
/// What is there and cannot be read is not carried over by a `Put`: the kubelet cannot read it either.
///
/// # Errors
/// Says why the edit cannot be made; in no words of the content.
pub fn edited(content: Option<&str>, edit: &Edit) -> Result<Zeroizing<String>, String> {
    let found = content.and_then(entries);
    if found.is_none() && matches!(edit, Edit::Remove { .. }) {
        return Err("the Secret has no entries that can be read".to_owned());
    }
    let mut auths = found.unwrap_or_default();
    match edit {
        Edit::Put { server, login } => {
            auths.extend(entry(server, login)?);
        }
        Edit::Renew { servers, login } => {
            for server in servers {
                if !auths.contains_key(server) {
                    return Err(format!("the Secret has no entry {server} any more"));
                }
                auths.extend(entry(server, login)?);
            }
        }
        Edit::Rekey { from, to } => {
            // Where it was moved already, there is nothing left to do.
            if let Some(entry) = auths.remove(from) {
                auths.insert(to.clone(), entry);
            } else if !auths.contains_key(to) {
                return Err(format!("the Secret has no entry {from} any more"));
            }
        }
        Edit::Remove { server } => {
            auths.remove(server);
        }
    }
    Ok(config(auths))
}

/// The entries of a configuration that can be read. The name of the level is blind to case, as it is to
/// the kubelet.
fn entries(text: &str) -> Option<Map<String, Value>> {
    let Ok(Value::Object(config)) = serde_json::from_str(text) else {
        return None;
    };
    let levels = config.into_iter();
    let mut auths = levels.filter(|(name, _)| name.eq_ignore_ascii_case("auths"));
    let (_, first) = auths.next()?;
    auths.try_fold(object(first)?, |mut all, (_, more)| {
        all.extend(object(more)?);
        Some(all)
    })
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

fn config(auths: Map<String, Value>) -> Zeroizing<String> {
    let config = Map::from_iter([("auths".to_owned(), Value::Object(auths))]);
    Zeroizing::new(Value::Object(config).to_string())
}

/// `server: login` as `kubectl create secret docker-registry` writes it.
fn entry(server: &str, login: &Login) -> Result<Map<String, Value>, String> {
    let text = dockerconfig::write(server, &login.username, &login.password, None);
    entries(&text).ok_or_else(|| "the entry cannot be written".to_owned())
}

/// The content of `.dockerconfigjson` with the entries of another one beside its own; where both have
/// an entry, the other one's counts. Of its own what cannot be read is not carried over.
///
/// # Errors
/// Says that the other one cannot be read; in no words of the content.
pub fn merged(content: Option<&str>, other: &str) -> Result<Zeroizing<String>, String> {
    let Some(brought) = entries(other) else {
        return Err("the Secret that is copied cannot be read".to_owned());
    };
    let mut auths = content.and_then(entries).unwrap_or_default();
    auths.extend(brought);
    Ok(config(auths))
}

/// The servers of the entries of a configuration.
pub fn servers_of(content: &str) -> Vec<Arc<str>> {
    let config = dockerconfig::read(Format::ConfigJson, content.as_bytes());
    let entries = config.entries.iter();
    entries.map(|entry| Arc::clone(&entry.server)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dockerconfig::read;

    const TWO: &str =
        r#"{"auths":{"ghcr.io":{"auth":"YTpi"},"quay.io":{"auth":"Yzpk"}},"credsStore":"x"}"#;

    fn servers(text: &str) -> Vec<String> {
        let config = read(Format::ConfigJson, text.as_bytes());
        let mut servers: Vec<String> = config
            .entries
            .iter()
            .map(|entry| entry.server.to_string())
            .collect();
        servers.sort();
        servers
    }

    fn put(server: &str) -> Edit {
        Edit::Put {
            server: server.to_owned(),
            login: Login {
                username: "bot".to_owned(),
                password: Password::new("s3cret"),
            },
        }
    }

    #[test]
    fn the_other_entries_stay() {
        let after = edited(Some(TWO), &put("ghcr.io")).unwrap();
        assert_eq!(servers(&after), ["ghcr.io", "quay.io"]);
        assert!(after.contains(r#""auth":"Yzpk""#) && !after.contains("YTpi"));
        let after = edited(Some(TWO), &put("r.example:5000")).unwrap();
        assert_eq!(servers(&after), ["ghcr.io", "quay.io", "r.example:5000"]);
    }

    #[test]
    fn what_cannot_be_read_is_replaced() {
        for content in [
            None,
            Some(""),
            Some("no json"),
            Some("[]"),
            Some(r#"{"auths":7}"#),
        ] {
            assert_eq!(
                servers(&edited(content, &put("ghcr.io")).unwrap()),
                ["ghcr.io"]
            );
        }
    }

    #[test]
    fn the_level_is_found_however_it_is_written() {
        let odd = TWO.replace("auths", "Auths");
        let after = edited(Some(&odd), &put("r.example")).unwrap();
        assert_eq!(servers(&after), ["ghcr.io", "quay.io", "r.example"]);
        let after = merged(Some(&odd), &after).unwrap();
        assert_eq!(servers(&after), ["ghcr.io", "quay.io", "r.example"]);
    }

    #[test]
    fn entries_move_and_go() {
        let rekey = Edit::Rekey {
            from: "ghcr.io".into(),
            to: "r.example".into(),
        };
        let after = edited(Some(TWO), &rekey).unwrap();
        assert_eq!(servers(&after), ["quay.io", "r.example"]);
        assert_eq!(
            *edited(Some(&after), &rekey).unwrap(),
            *after,
            "twice is once"
        );
        assert!(edited(None, &rekey).unwrap_err().contains("ghcr.io"));
        let remove = Edit::Remove {
            server: "quay.io".into(),
        };
        assert_eq!(servers(&edited(Some(TWO), &remove).unwrap()), ["ghcr.io"]);
        for unread in [None, Some("no json"), Some(r#"{"auths":7}"#)] {
            assert!(
                edited(unread, &remove).is_err(),
                "nothing is lost: {unread:?}"
            );
        }
    }

    #[test]
    fn what_is_renewed_must_still_be_there() {
        let renew = |servers: &[&str]| Edit::Renew {
            servers: servers.iter().map(|server| (*server).to_owned()).collect(),
            login: Login {
                username: "a".to_owned(),
                password: Password::new("n3w"),
            },
        };
        let after = edited(Some(TWO), &renew(&["ghcr.io", "quay.io"])).unwrap();
        assert_eq!(servers(&after), ["ghcr.io", "quay.io"]);
        assert!(!after.contains("YTpi") && !after.contains("Yzpk"));
        let gone = edited(Some(TWO), &renew(&["r.example"])).unwrap_err();
        assert!(gone.contains("r.example"), "{gone}");
    }

    #[test]
    fn a_copy_is_merged_into_what_is_there() {
        let brought = r#"{"auths":{"ghcr.io":{"auth":"bjp3"},"r.example":{"auth":"eDp5"}}}"#;
        let after = merged(Some(TWO), brought).unwrap();
        assert_eq!(servers(&after), ["ghcr.io", "quay.io", "r.example"]);
        assert!(after.contains("bjp3") && !after.contains("YTpi"));
        assert_eq!(
            servers(&merged(None, brought).unwrap()),
            ["ghcr.io", "r.example"]
        );
        assert!(merged(Some(TWO), "[]").is_err());
    }

    #[test]
    fn an_edit_shows_no_password() {
        assert!(!format!("{:?}", put("ghcr.io")).contains("s3cret"));
    }
}
