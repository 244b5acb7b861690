//! Text search in the details.

use jiff::Timestamp;

use super::detail;
use crate::app::{
    detail::{Details, Tab, TextSearch, contains_ignore_case},
    fetched_view::FetchState,
    key::{Code, Key},
    model::Model,
    overlay::Overlay,
    scroll::Scroll,
    text_field,
};

/// Begins to look for words, where there is a text to look through.
pub(super) fn open(model: &mut Model, now: Timestamp) {
    let searchable = matches!(detail::shown_on_top(model), Some(Tab::Yaml | Tab::Logs));
    if !searchable {
        model.set_status("search works in YAML and logs", now);
    } else if let Some(details) = detail::top(model) {
        let find = details.find.get_or_insert_with(TextSearch::default);
        find.typing = true;
    }
}

/// A key while words to look for are typed.
pub(super) fn type_into(model: &mut Model, key: Key, now: Timestamp) {
    let Some(details) = detail::top(model) else {
        return;
    };
    let Some(find) = &mut details.find else {
        return;
    };
    match key.code {
        Code::Esc => details.find = None,
        Code::Enter => {
            find.typing = false;
            go_to_match(model, 0, now);
        }
        _ => {
            text_field::edit(&mut find.input, key);
        }
    }
}

/// Goes to the next line that has the words (`1`), the one before (`-1`), or the first from here (`0`).
pub(super) fn go_to_match(model: &mut Model, by: isize, now: Timestamp) {
    let Some(Overlay::Details(details)) = model.overlays.last() else {
        return;
    };
    let Some(sought) = details.search_term() else {
        model.set_status("no search yet: press /", now);
        return;
    };
    let matching = matches(model, details, sought);
    let count = matching.len();
    let here = details.scroll.first(count, 1);
    let found = if by < 0 {
        (1..=count)
            .map(|back| (here + count - back) % count)
            .find(|at| matching.get(*at) == Some(&true))
    } else {
        let start = here + by.unsigned_abs();
        (0..count)
            .map(|on| (start + on) % count)
            .find(|at| matching.get(*at) == Some(&true))
    };
    match found {
        None => {
            let text = format!("no match for {sought:?}");
            model.set_status(text, now);
        }
        Some(line) => {
            if let Some(details) = detail::top(model) {
                details.scroll = Scroll::FromTop(line);
            }
        }
    }
}

/// Of each line of the text that is shown, whether it has the words.
fn matches(model: &Model, details: &Details, sought: &str) -> Vec<bool> {
    match (details.tab, &model.fetched, &model.log) {
        (Some(Tab::Yaml), Some(reading), _) => match &reading.state {
            FetchState::Loaded { document, .. } => document
                .folded(details.fold)
                .iter()
                .map(|line| contains_ignore_case(line.text, sought))
                .collect(),
            FetchState::Requested(_) | FetchState::Failed(_) => Vec::new(),
        },
        (Some(Tab::Logs), _, Some(log)) => {
            let lines = log.tail.lines().iter();
            lines
                .map(|line| contains_ignore_case(line, sought))
                .collect()
        }
        _ => Vec::new(),
    }
}
