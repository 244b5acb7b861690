//! TOML tables whose keys keep the order of the file, for the order of mirrors matters.

use toml::de::{DeTable, DeValue};

/// A file of more bytes is not read: a `config.toml` of some hundred mirrors has a tenth of it.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// Parses a file.
///
/// # Errors
///
/// Where it is not TOML, as `line N`: the parser's own words would quote the file.
pub(super) fn parse(text: &str) -> Result<DeTable<'_>, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("larger than {} KiB", MAX_BYTES / 1024));
    }
    match DeTable::parse(text) {
        Ok(table) => Ok(table.into_inner()),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or(text);
            Err(format!(
                "not TOML: line {}",
                before.matches('\n').count() + 1
            ))
        }
    }
}

/// The tables in a table, in the order of the file.
pub(super) fn tables<'a>(table: &'a DeTable<'_>, key: &str) -> Vec<(&'a str, &'a DeTable<'a>)> {
    let Some(inner) = get(table, key).and_then(DeValue::as_table) else {
        return Vec::new();
    };
    let mut entries: Vec<_> = inner
        .iter()
        .filter_map(|(name, value)| {
            let value = value.get_ref().as_table()?;
            Some((name.span().start, name.get_ref().as_ref(), value))
        })
        .collect();
    entries.sort_by_key(|(start, ..)| *start);
    let in_order = entries.into_iter().map(|(_, name, value)| (name, value));
    in_order.collect()
}

/// The tables of an array of tables.
pub(super) fn array_of_tables<'a>(table: &'a DeTable<'_>, key: &str) -> Vec<&'a DeTable<'a>> {
    let values = get(table, key).and_then(DeValue::as_array);
    let values = values.into_iter().flatten();
    values
        .filter_map(|value| value.get_ref().as_table())
        .collect()
}

pub(super) fn table<'a>(table: &'a DeTable<'_>, key: &str) -> Option<&'a DeTable<'a>> {
    get(table, key)?.as_table()
}

pub(super) fn text<'a>(table: &'a DeTable<'_>, key: &str) -> Option<&'a str> {
    get(table, key)?.as_str()
}

pub(super) fn flag(table: &DeTable<'_>, key: &str) -> bool {
    get(table, key).and_then(DeValue::as_bool) == Some(true)
}

/// The strings of an array; `None` where there is no such key.
pub(super) fn texts<'a>(table: &'a DeTable<'_>, key: &str) -> Option<Vec<&'a str>> {
    let values = get(table, key)?.as_array()?;
    let texts = values.iter().filter_map(|value| value.get_ref().as_str());
    Some(texts.collect())
}

fn get<'a>(table: &'a DeTable<'_>, key: &str) -> Option<&'a DeValue<'a>> {
    Some(table.get(key)?.get_ref())
}
