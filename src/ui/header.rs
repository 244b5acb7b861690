//! The header: context and namespace, server and user, state of the watches, problems.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{draw_context::DrawContext, text};
use crate::{
    app::{
        connection::{ConnectionPhase, WatchHealth},
        coverage::{self, AllClear},
    },
    domain::{diagnostics::grouping::Fault, k8s::age, plural::pluralize, store::watch::Scope},
};

/// ` pullscope  context › namespace            v1.36.3 · user   ● live   ✗ 3 problems, 44 Pods `
pub(super) fn draw(cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = cx.theme;
    let model = cx.model;
    let (context, who) = match &model.connection.phase {
        ConnectionPhase::Connected(identity) => {
            let who = [identity.server_version.as_deref(), identity.user.as_deref()];
            (
                identity.context.clone(),
                who.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            )
        }
        ConnectionPhase::Connecting { context, .. } | ConnectionPhase::Failed { context, .. } => {
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
    let mut right = right_side(cx, false);
    let mut wide: usize = right.iter().map(Span::width).sum();
    // What is not read gives way before the place does; the panes say it too.
    if wide + text::width(&left) > usize::from(area.width) {
        right = right_side(cx, true);
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
        text::truncate(&left, room, text::Ellipsis::Middle).into_owned(),
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
fn right_side(cx: DrawContext<'_>, short: bool) -> Vec<Span<'static>> {
    let (state, style) = state(cx, short);
    vec![
        Span::styled(state, style),
        Span::raw("   "),
        problems(cx),
        Span::raw(" "),
    ]
}

fn problems(cx: DrawContext<'_>) -> Span<'static> {
    let faults = cx.model.diagnoses.faults();
    let pods: usize = faults.iter().map(|fault| fault.pods.len()).sum();
    let symbols = cx.theme.symbols();
    let (symbol, style) = match faults.iter().map(Fault::is_pull).max() {
        None => return all_clear(cx),
        Some(false) => (symbols.failing, cx.theme.warning()),
        Some(true) => (symbols.pull_failing, cx.theme.failing()),
    };
    let problems = pluralize(faults.len(), "problem", "problems");
    let text = match pods {
        0 => format!("{symbol} {problems}"),
        pods => format!("{symbol} {problems}, {}", pluralize(pods, "Pod", "Pods")),
    };
    Span::styled(text, style)
}

/// Only where everything was read is nothing wrong.
fn all_clear(cx: DrawContext<'_>) -> Span<'static> {
    let clear = coverage::all_clear(cx.model);
    let sentence = clear.sentence();
    match clear {
        AllClear::Cluster | AllClear::Namespace => {
            let text = format!("{} {sentence}", cx.theme.symbols().finished);
            Span::styled(text, cx.theme.good())
        }
        AllClear::NoFailures => Span::styled(sentence, cx.theme.text()),
        AllClear::Unknown => Span::styled(sentence, cx.theme.dim()),
        AllClear::NeverRead(_) | AllClear::NoNamespace => {
            let text = format!("{} {sentence}", cx.theme.symbols().failing);
            Span::styled(text, cx.theme.warning())
        }
        AllClear::NotYet => Span::raw(""),
    }
}

/// How the data stands; `short` where there is no room for what is not read.
fn state(cx: DrawContext<'_>, short: bool) -> (String, Style) {
    let theme = cx.theme;
    let diagnoses = &cx.model.diagnoses;
    let symbols = theme.symbols();
    let spinner = cx.spinner();
    let health = cx.model.connection.health(&cx.model.scope);
    if let (WatchHealth::Live | WatchHealth::Partial, Some((done, all))) =
        (&health, diagnoses.progress())
    {
        let text = format!("{spinner} {}", coverage::diagnosing(done, all));
        return (text, theme.accent());
    }
    match health {
        WatchHealth::Connecting => (format!("{spinner} connecting"), theme.accent()),
        WatchHealth::Listing => {
            let received = cx.model.connection.received();
            (format!("{spinner} listing {received}"), theme.accent())
        }
        WatchHealth::Stale { since, .. } => {
            let age = age::age(since, cx.now);
            let text = match coverage::never_read(cx.model) {
                Some(_) => format!("{} no answer for {age}", symbols.failing),
                None => format!("{} stale for {age}", symbols.failing),
            };
            (text, theme.warning())
        }
        WatchHealth::Failed => (
            format!("{} not connected", symbols.pull_failing),
            theme.failing(),
        ),
        WatchHealth::Live => (format!("{} live", symbols.healthy), theme.good()),
        WatchHealth::Partial => {
            let what = match coverage::missing_summary_short(cx.model, cx.now) {
                Some(what) if !short => format!(": {what}"),
                Some(_) | None => String::new(),
            };
            let text = format!("{} partial{what}", symbols.failing);
            (text, theme.warning())
        }
    }
}
