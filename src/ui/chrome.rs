//! The edges of the screen: header, tabs, footer.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{text, view::View};
use crate::{
    app::{
        connection::{Health, Phase},
        coverage::{self, AllClear},
        panes::Pane,
        path,
    },
    domain::{diagnostics::grouping::Fault, k8s::age, plural::counted, store::watch::Scope},
};

/// ` pullscope  context › namespace            v1.36.3 · user   ● live   ✗ 3 problems, 44 Pods `
pub(super) fn header(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = view.theme;
    let model = view.model;
    let (context, who) = match &model.connection.phase {
        Phase::Connected(identity) => {
            let who = [identity.server_version.as_deref(), identity.user.as_deref()];
            (
                identity.context.clone(),
                who.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            )
        }
        Phase::Connecting { context, .. } | Phase::Failed { context, .. } => {
            (context.clone().unwrap_or_default(), String::new())
        }
    };
    let place = match &model.scope {
        Scope::Cluster => "all namespaces".to_owned(),
        Scope::Namespace(namespace) => namespace.to_string(),
    };
    let left = if context.is_empty() {
        format!(" pullscope  {place} ")
    } else {
        format!(" pullscope  {context} › {place} ")
    };
    let left = text::clean(&left);
    let mut right = standing(view, false);
    let mut wide: usize = right.iter().map(Span::width).sum();
    // What is not read gives way before the place does; the panes say it too.
    if wide + text::width(&left) > usize::from(area.width) {
        right = standing(view, true);
        wide = right.iter().map(Span::width).sum();
    }
    let who = text::clean(&who).into_owned();
    // Who we are and the server's version give way before the place does.
    if wide + text::width(&who) + 3 + text::width(&left) <= usize::from(area.width) {
        right.insert(0, Span::styled(format!("{who}   "), theme.dim()));
    }
    let right = Line::from(right);
    let wide = u16::try_from(right.width())
        .unwrap_or(area.width)
        .min(area.width);
    let room = usize::from(area.width - wide);
    Line::styled(
        text::fit(&left, room, text::Cut::Middle).into_owned(),
        theme.strong(),
    )
    .render(area, buffer);
    right.render(
        Rect {
            x: area.right() - wide,
            width: wide,
            ..area
        },
        buffer,
    );
}

/// How the data stands, and the problems.
fn standing(view: View<'_>, short: bool) -> Vec<Span<'static>> {
    let (state, style) = state(view, short);
    vec![
        Span::styled(state, style),
        Span::raw("   "),
        problems(view),
        Span::raw(" "),
    ]
}

fn problems(view: View<'_>) -> Span<'static> {
    let faults = view.model.verdicts.faults();
    let pods: usize = faults.iter().map(|fault| fault.pods.len()).sum();
    let symbols = view.theme.symbols();
    let (symbol, style) = match faults.iter().map(Fault::is_pull).max() {
        None => return all_clear(view),
        Some(false) => (symbols.failing, view.theme.warning()),
        Some(true) => (symbols.pull_failing, view.theme.failing()),
    };
    let problems = counted(faults.len(), "problem", "problems");
    let text = match pods {
        0 => format!("{symbol} {problems}"),
        pods => format!("{symbol} {problems}, {}", counted(pods, "Pod", "Pods")),
    };
    Span::styled(text, style)
}

/// Only where everything was read is nothing wrong.
fn all_clear(view: View<'_>) -> Span<'static> {
    let clear = coverage::all_clear(view.model);
    let sentence = clear.sentence();
    match clear {
        AllClear::Cluster | AllClear::Namespace => {
            let text = format!("{} {sentence}", view.theme.symbols().finished);
            Span::styled(text, view.theme.good())
        }
        AllClear::NoFailures => Span::styled(sentence, view.theme.text()),
        AllClear::Unknown => Span::styled(sentence, view.theme.dim()),
        AllClear::NeverRead(_) | AllClear::NoNamespace => {
            let text = format!("{} {sentence}", view.theme.symbols().failing);
            Span::styled(text, view.theme.warning())
        }
        AllClear::NotYet => Span::raw(""),
    }
}

/// How the data stands; `short` where there is no room for what is not read.
fn state(view: View<'_>, short: bool) -> (String, Style) {
    let theme = view.theme;
    let verdicts = &view.model.verdicts;
    let symbols = theme.symbols();
    let spinner = view.spinner();
    let health = view.model.connection.health(&view.model.scope);
    if let (Health::Live | Health::Partial, Some((done, all))) = (&health, verdicts.progress()) {
        let text = format!("{spinner} {}", coverage::diagnosing(done, all));
        return (text, theme.accent());
    }
    match health {
        Health::Connecting => (format!("{spinner} connecting"), theme.accent()),
        Health::Listing => {
            let received = view.model.connection.received();
            (format!("{spinner} listing {received}"), theme.accent())
        }
        Health::Stale { since, .. } => {
            let age = age::age(since, view.now);
            let text = match coverage::never_read(view.model) {
                Some(_) => format!("{} no answer for {age}", symbols.failing),
                None => format!("{} stale for {age}", symbols.failing),
            };
            (text, theme.warning())
        }
        Health::Failed => (
            format!("{} not connected", symbols.pull_failing),
            theme.failing(),
        ),
        Health::Live => (format!("{} live", symbols.healthy), theme.good()),
        Health::Partial => {
            let what = match coverage::partial(view.model, view.now) {
                Some(what) if !short => format!(": {what}"),
                Some(_) | None => String::new(),
            };
            let text = format!("{} partial{what}", symbols.failing);
            (text, theme.warning())
        }
    }
}

/// The panes as tabs, for a screen that has room for one of them.
pub(super) fn tabs(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = view.theme;
    let mut spans = vec![Span::raw(" ")];
    for pane in Pane::ALL {
        let style = if pane == view.model.focus {
            theme.selected(true)
        } else {
            theme.dim()
        };
        spans.push(Span::styled(format!(" {} ", pane.title()), style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans).render(area, buffer);
}

/// What a key did, what has changed meanwhile, or the keys that matter here.
pub(super) fn footer(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = view.theme;
    if let Some(finishing) = view.model.finishing {
        let line = finishing.line(&view.model.preferences.keymap, view.now);
        let line = format!(" {} {line}", theme.symbols().failing);
        let line = text::fit(&line, usize::from(area.width), text::Cut::End).into_owned();
        Line::styled(line, theme.warning()).render(area, buffer);
        return;
    }
    if let Some(flash) = &view.model.flash {
        let line = text::fit(
            &format!(" {}", flash.text),
            usize::from(area.width),
            text::Cut::End,
        )
        .into_owned();
        Line::styled(line, theme.strong()).render(area, buffer);
        return;
    }
    if let Some(notice) = view.model.notices.shown() {
        let (symbol, style) = theme.health(notice.health);
        let line = format!(" {symbol} {}", notice.text);
        let line = text::fit(&line, usize::from(area.width), text::Cut::Middle).into_owned();
        Line::styled(line, style).render(area, buffer);
        return;
    }
    let mut spans = vec![Span::raw(" ")];
    let mut room = usize::from(area.width).saturating_sub(1);
    for row in view.model.preferences.keymap.footer(&path(view.model)) {
        let binding = row.binding;
        if !view.model.offers(binding.action) {
            continue;
        }
        let key = row
            .keys
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        let wide = text::width(&key) + 1 + text::width(binding.label) + 3;
        if wide > room {
            continue;
        }
        room -= wide;
        spans.push(Span::styled(key, theme.key()));
        spans.push(Span::styled(format!(" {}   ", binding.label), theme.dim()));
    }
    Line::from(spans).render(area, buffer);
}
