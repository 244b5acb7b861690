//! Reads settings from TOML tables: each value knows its line, and an unknown key is an error that names the
//! nearest one.

use std::{ops::Range, path::PathBuf, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::provenance::{Entries, SettingOrigin, WithOrigin};
use crate::domain::{error::UserError, suggest::did_you_mean};

/// A settings file, with what error messages need of it.
pub(super) struct TomlFile<'a> {
    pub(super) path: Arc<PathBuf>,
    pub(super) text: &'a str,
}

/// A table, and the keys that were read from it.
pub(super) struct TomlTable<'a> {
    file: &'a TomlFile<'a>,
    /// Empty for the outermost.
    name: &'static str,
    table: DeTable<'a>,
    known: Vec<&'static str>,
}

/// How a value is read; `Err` says what was expected.
type ValueParser<T> = fn(&DeValue<'_>) -> Result<T, &'static str>;

impl<'a> TomlFile<'a> {
    pub(super) fn parse(&'a self) -> Result<TomlTable<'a>, UserError> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().unwrap_or_default();
            let why = error.message().replace('\n', ", ");
            self.error(&at, &format!("invalid TOML: {why}"))
        })?;
        Ok(TomlTable {
            file: self,
            name: "",
            table: table.into_inner(),
            known: Vec::new(),
        })
    }

    fn line(&self, at: &Range<usize>) -> usize {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    fn origin(&self, at: &Range<usize>) -> SettingOrigin {
        SettingOrigin::File {
            path: Arc::clone(&self.path),
            line: self.line(at),
        }
    }

    fn error(&self, at: &Range<usize>, why: &str) -> UserError {
        UserError::new("invalid configuration")
            .with_cause(format!("{}: {why}", self.origin(at)))
            .with_help(format!(
                "correct {}; `pullscope config sample` lists every setting and its values",
                self.path.display()
            ))
    }
}

impl<'a> TomlTable<'a> {
    fn remove(&mut self, key: &'static str) -> Option<(Range<usize>, DeValue<'a>)> {
        self.known.push(key);
        let (found, _) = self.table.get_key_value(key)?;
        let at = found.span();
        let value = self.table.remove(key)?;
        Some((at, value.into_inner()))
    }

    fn value<T>(
        &mut self,
        key: &'static str,
        into: &mut WithOrigin<T>,
        read: ValueParser<T>,
    ) -> Result<(), UserError> {
        if let Some((at, value)) = self.remove(key) {
            *into = self.read(key, &at, &value, read)?;
        }
        Ok(())
    }

    fn read<T>(
        &self,
        key: &str,
        at: &Range<usize>,
        value: &DeValue<'_>,
        read: ValueParser<T>,
    ) -> Result<WithOrigin<T>, UserError> {
        let value = read(value).map_err(|expected| {
            let found = value.type_str();
            let why = format!("{} is {found}; expected {expected}", self.full(key));
            self.file.error(at, &why)
        })?;
        let origin = self.file.origin(at);
        Ok(WithOrigin { value, origin })
    }

    /// A key with the table that it stands in.
    fn full(&self, key: &str) -> String {
        match self.name {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }

    pub(super) fn text(
        &mut self,
        key: &'static str,
        into: &mut WithOrigin<String>,
    ) -> Result<(), UserError> {
        self.value(key, into, text)
    }

    pub(super) fn flag(
        &mut self,
        key: &'static str,
        into: &mut WithOrigin<bool>,
    ) -> Result<(), UserError> {
        self.value(key, into, |value| value.as_bool().ok_or("true or false"))
    }

    pub(super) fn number(
        &mut self,
        key: &'static str,
        into: &mut WithOrigin<u32>,
    ) -> Result<(), UserError> {
        self.value(key, into, |value| {
            let number = value.as_integer().filter(|number| number.radix() == 10);
            number
                .and_then(|number| number.as_str().parse().ok())
                .ok_or("a whole number, 0 or more")
        })
    }

    pub(super) fn texts(
        &mut self,
        key: &'static str,
        into: &mut WithOrigin<Vec<String>>,
    ) -> Result<(), UserError> {
        self.value(key, into, texts)
    }

    /// A subtable; empty if it is missing.
    pub(super) fn section(&mut self, name: &'static str) -> Result<TomlTable<'a>, UserError> {
        let table = match self.remove(name) {
            None => DeTable::new(),
            Some((_, DeValue::Table(table))) => table,
            Some((at, other)) => {
                let why = format!("{name} is {}; expected a table [{name}]", other.type_str());
                return Err(self.file.error(&at, &why));
            }
        };
        Ok(TomlTable {
            file: self.file,
            name,
            table,
            known: Vec::new(),
        })
    }

    /// All entries of this table, whose names another layer knows.
    pub(super) fn entries_of_texts(self, into: &mut Entries<Vec<String>>) -> Result<(), UserError> {
        self.entries(into, texts)
    }

    pub(super) fn entries_of_text(self, into: &mut Entries<String>) -> Result<(), UserError> {
        self.entries(into, text)
    }

    fn entries<T>(mut self, into: &mut Entries<T>, read: ValueParser<T>) -> Result<(), UserError> {
        for (key, value) in std::mem::take(&mut self.table) {
            let at = key.span();
            let sourced = self.read(key.get_ref(), &at, value.get_ref(), read)?;
            into.insert(key.into_inner().into_owned(), sourced);
        }
        Ok(())
    }

    /// Rejects keys that were not read.
    pub(super) fn finish(self) -> Result<(), UserError> {
        let Some(key) = self.table.keys().min_by_key(|key| key.span().start) else {
            return Ok(());
        };
        let found = key.get_ref();
        let hint = match did_you_mean(found, self.known.iter().copied()) {
            Some(near) => format!("did you mean {}?", self.full(near)),
            None => format!("known settings: {}", self.known.join(", ")),
        };
        let why = format!("unknown setting {}; {hint}", self.full(found));
        Err(self.file.error(&key.span(), &why))
    }
}

fn text(value: &DeValue<'_>) -> Result<String, &'static str> {
    value.as_str().map(str::to_owned).ok_or("a quoted string")
}

/// A list of texts; one alone needs no brackets.
fn texts(value: &DeValue<'_>) -> Result<Vec<String>, &'static str> {
    if let Some(one) = value.as_str() {
        return Ok(vec![one.to_owned()]);
    }
    let texts = value.as_array().map(|list| {
        let texts = list.iter().map(Spanned::get_ref);
        texts.map(|item| item.as_str().map(str::to_owned)).collect()
    });
    texts.flatten().ok_or("a list of strings")
}
