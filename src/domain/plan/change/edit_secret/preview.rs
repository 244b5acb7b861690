//! The preview of an edit of auth entries, as a diff.

use crate::domain::plan::{
    DiffLine,
    auth_edit::{AuthEdit, Credentials},
    preview::{HIDDEN, added, new_entry, removed, same},
    stored_config::{StoredConfig, StoredContent, StoredEntry},
};
use crate::domain::registry_auth::{docker_config::ConfigFormat, keyring::shown_key};

/// Maximum number of unchanged entries that are named.
const KEPT: usize = 6;

/// Lines of the preview; `before` is the Secret's configuration after the dry run.
pub(super) fn edit_lines(
    edit: &AuthEdit,
    format: ConfigFormat,
    before: Option<&StoredConfig>,
) -> Vec<DiffLine> {
    let mut lines = vec![same(match format {
        ConfigFormat::ConfigJson => ".dockerconfigjson.auths:",
        ConfigFormat::LegacyCfg => ".dockercfg:",
    })];
    let edited: Vec<&str> = match edit {
        AuthEdit::Upsert { server, login } => {
            lines.extend(before.and_then(unreadable));
            lines.extend(match before.and_then(|before| before.entry(server)) {
                Some(entry) => changed_entry(entry, login),
                None => new_entry(server, login),
            });
            vec![server]
        }
        AuthEdit::ReplaceCredentials { servers, login } => {
            for server in servers {
                lines.extend(match before.and_then(|before| before.entry(server)) {
                    Some(entry) => changed_entry(entry, login),
                    None => believed_entry(server, login),
                });
            }
            servers.iter().map(String::as_str).collect()
        }
        AuthEdit::RenameKey { from, to } => {
            lines.push(removed(format!("  {}: {HIDDEN}", shown_key(from))));
            lines.push(added(format!("  {to}: {HIDDEN}")));
            vec![from, to]
        }
        AuthEdit::CopyEntry { from, to } => {
            lines.push(same(format!("  {}: {HIDDEN}", shown_key(from))));
            lines.push(added(format!("  {to}: {HIDDEN}  # the same login")));
            vec![from, to]
        }
        AuthEdit::Remove { server } => {
            lines.push(removed(format!("  {server}: {HIDDEN}")));
            vec![server]
        }
    };
    lines.extend(before.and_then(|before| kept(&before.content, &edited)));
    lines
}

fn unreadable(before: &StoredConfig) -> Option<DiffLine> {
    (before.content == StoredContent::Unreadable)
        .then(|| removed("  (unreadable content)  # replaced"))
}

fn passwords() -> [DiffLine; 2] {
    [
        removed(format!("    password: {HIDDEN}  # the old one")),
        added(format!("    password: {HIDDEN}  # the new one")),
    ]
}

/// An entry that is known from the store only.
fn believed_entry(server: &str, login: &Credentials) -> Vec<DiffLine> {
    let mut lines = vec![
        same(format!("  {server}:")),
        same(format!("    username: {}", login.username)),
    ];
    lines.extend(passwords());
    lines
}

fn changed_entry(entry: &StoredEntry, login: &Credentials) -> Vec<DiffLine> {
    let username = |name: &str| format!("    username: {name}");
    let mut lines = vec![same(format!("  {}:", entry.server))];
    if entry.username == login.username {
        lines.push(same(username(&login.username)));
    } else {
        lines.push(removed(username(&entry.username)));
        lines.push(added(username(&login.username)));
    }
    lines.extend(passwords());
    lines.extend(entry.other_fields.iter().map(|field| {
        let note = if field.eq_ignore_ascii_case("identitytoken") {
            "  # docker uses this instead of the password; the kubelet ignores it"
        } else {
            ""
        };
        same(format!("    {field}: (kept){note}"))
    }));
    lines
}

/// What stays beside the edited entries.
fn kept(content: &StoredContent, edited: &[&str]) -> Option<DiffLine> {
    let StoredContent::Read { entries, others } = content else {
        return None;
    };
    let servers = entries.iter().map(|entry| entry.server.as_str());
    let servers = servers.filter(|server| !edited.contains(server));
    let names: Vec<&str> = servers.chain(others.iter().map(String::as_str)).collect();
    let more = match names.len().saturating_sub(KEPT) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names.iter().take(KEPT).copied().collect::<Vec<_>>();
    (!names.is_empty()).then(|| same(format!("  # kept: {}{more}", shown.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::key,
        plan::{Change, DiffTag, EditSecret, ObjectSnapshot, Observed, Rewritten, Undoable},
        registry_auth::credential::Password,
    };

    const STORED: &str = r#"{"auths":{"ghcr.io":{"auth":"YWxpY2U6Y2FuYXJ5","identitytoken":"canary"},"quay.io":{}},"HttpHeaders":{}}"#;

    fn put(stored: Option<&str>) -> EditSecret {
        let login = Credentials {
            username: "bot".to_owned(),
            password: Password::new("canary"),
        };
        let server = "ghcr.io".to_owned();
        EditSecret {
            format: crate::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
            key: key("shop", "regcred"),
            edit: AuthEdit::Upsert { server, login },
            before: Some(Observed {
                uid: "u".to_owned(),
                value: StoredConfig::parse(stored, 7),
            }),
        }
    }

    fn text(change: &Change) -> Vec<String> {
        let lines = change.preview().into_iter();
        lines
            .map(|line| {
                let mark = match line.mark {
                    DiffTag::Same => ' ',
                    DiffTag::Added => '+',
                    DiffTag::Removed => '-',
                };
                format!("{mark}{}", line.text.trim_start())
            })
            .collect()
    }

    #[test]
    fn what_goes_is_shown_and_what_stays() {
        let edit = put(Some(STORED));
        let change = Change::from(edit.clone());
        assert_eq!(
            text(&change),
            [
                " .dockerconfigjson.auths:",
                " ghcr.io:",
                "-username: alice",
                "+username: bot",
                "-password: ••••••  # the old one",
                "+password: ••••••  # the new one",
                " identitytoken: (kept)  # docker uses this instead of the password; the kubelet ignores it",
                " # kept: quay.io, HttpHeaders",
            ]
        );
        let before = Rewritten {
            object: ObjectSnapshot::from_object(&serde_json::Value::Null),
            written: 1,
        };
        let back = text(&edit.undo(before));
        assert_eq!(
            back[2..6],
            [
                "-username: bot",
                "-password: ••••••  # the new one",
                "+username: alice",
                "+password: ••••••  # the old one",
            ]
        );
        assert!(!format!("{change:?}").contains("canary"));
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_going() {
        let lines = |stored| text(&put(stored).into());
        assert!(lines(Some("no json"))[1].starts_with("-(unreadable"));
        assert!(lines(None).iter().all(|line| !line.starts_with('-')));
    }
}
