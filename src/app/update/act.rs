//! What each action does, one arm each; the work is in the modules beside.

use jiff::Timestamp;

use super::{connect, copy, detail, keys, navigate, remedy, rollout, settle};
use crate::{
    app::{
        action::{Action, Motion, SortBy},
        detail::{Details, Tab},
        effect::Effect,
        form::Form,
        learn::Learn,
        list::List,
        model::Model,
        overlay::{ContextPicker, Overlay, Palette},
        panes::{Pane, PaneState, pods},
        scroll::PAGE,
    },
    domain::{guide::Section, hygiene::lints, objects::ObjectKey, watch::Scope},
};

pub(super) fn act(model: &mut Model, action: Action, now: Timestamp) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Help => help(model),
        Action::Back => back(model),
        Action::NextPane => model.focus = model.focus.next(),
        Action::PreviousPane => model.focus = model.focus.previous(),
        Action::Focus(pane) => {
            model.overlays.clear();
            model.focus = pane;
        }
        Action::Move(motion) => travel(model, motion),
        Action::Open => return open(model, now),
        Action::Detail(Tab::Logs) => detail::logs(model, false, now),
        Action::Detail(tab) => detail::open(model, tab, now),
        Action::PreviousLog => detail::logs(model, true, now),
        Action::NextContainer => detail::next_container(model),
        Action::Find => detail::begin_find(model, now),
        Action::NextMatch => detail::go_to_match(model, 1, now),
        Action::PreviousMatch => detail::go_to_match(model, -1, now),
        Action::NextTab => detail::turn(model, 1),
        Action::PreviousTab => detail::turn(model, -1),
        Action::Fix(number) => return remedy::fix(model, number, now),
        Action::CarryOut => return remedy::carry_out(model, now),
        Action::New => remedy::new(model, now),
        Action::Setup => remedy::setup(model, now),
        Action::Bind => remedy::bind(model, now),
        Action::Restart => return remedy::restart(model, now),
        Action::PauseRollout => return rollout::pause(model, now),
        Action::RollBack => return rollout::roll_back(model, now),
        Action::NextField => turn_field(model, Form::next),
        Action::PreviousField => turn_field(model, Form::previous),
        Action::Submit => return advance(model, now),
        Action::Faults => faults(model, now),
        Action::Hygiene => hygiene(model, now),
        Action::Learn => learn(model),
        Action::NextSection => turn_section(model, Section::next),
        Action::PreviousSection => turn_section(model, Section::previous),
        Action::Settle => return settle::ask(model, now),
        Action::Filter => begin_filter(model),
        Action::Palette => model.overlays.push(Overlay::Palette(Palette::default())),
        Action::Contexts => return connect::list_contexts(model),
        Action::Favourite(number) => return favourite(model, number, now),
        Action::Sort(by) => sort(model, by, now),
        Action::NextSortColumn => step_sort(model, true),
        Action::PreviousSortColumn => step_sort(model, false),
        Action::FaultsOnly => faults_only(model),
        Action::Fold => fold(model),
        Action::Hold => model.panes.stories.hold = !model.panes.stories.hold,
        Action::NextProblem => navigate::next_problem(model, true, now),
        Action::PreviousProblem => navigate::next_problem(model, false, now),
        Action::ToAccount => {
            if let Some(account) = navigate::account_of_pod(model) {
                navigate::to_account(model, account);
            }
        }
        Action::UsedBy => match navigate::user_of_selection(model) {
            Some(pod) => navigate::to_pod(model, pod),
            None => model.flash("no Pod uses it", now),
        },
        Action::Copy => return copy::name(model, now),
        Action::CopyNamespace => return copy::namespace(model, now),
        Action::LastNamespace => {
            if let Some(scope) = model.last_scope.clone() {
                navigate::to_scope(model, scope);
            }
        }
        Action::ReadAgain => detail::read_again(model),
        Action::Retry => return connect::connect(model, None, now),
        Action::Elsewhere(verb) => return copy::elsewhere(model, verb, now),
    }
    Vec::new()
}

/// Folds what the focused pane can fold.
fn fold(model: &mut Model) {
    if let Some(Overlay::Details(details)) = model.overlays.last_mut() {
        detail::fold(details);
    } else if model.focus == Pane::Events {
        model.panes.stories.folded = !model.panes.stories.folded;
        model.panes.events.invalidate();
    } else {
        model.panes.folding.folded = !model.panes.folding.folded;
        model.panes.folding.open.clear();
        model.panes.pods.invalidate();
    }
}

/// Lists what is wrong; the key that opens the list also closes it.
fn faults(model: &mut Model, now: Timestamp) {
    if matches!(model.overlays.last(), Some(Overlay::Faults(_))) {
        model.overlays.pop();
        return;
    }
    let mut list = List::default();
    list.set_height(usize::MAX / 2);
    list.set_rows(
        model
            .verdicts
            .faults()
            .iter()
            .map(|fault| fault.id.clone())
            .collect(),
    );
    if list.rows().is_empty() {
        model.flash("nothing is wrong", now);
    } else {
        model.overlays.push(Overlay::Faults(list));
    }
}

/// Lists what to put in order in the namespaces that are shown.
fn hygiene(model: &mut Model, now: Timestamp) {
    let (sight, limits) = (model.connection.sight(), &model.preferences.hygiene);
    let lints = lints(&model.world, sight, &model.scope, limits, now);
    if lints.is_empty() {
        model.flash("nothing to put in order", now);
    } else {
        model.overlays.push(Overlay::Hygiene { lints, scroll: 0 });
    }
}

/// Explains what the user looks at; the key that opens the guide also closes it.
fn learn(model: &mut Model) {
    if matches!(model.overlays.last(), Some(Overlay::Learn(_))) {
        model.overlays.pop();
    } else {
        model.overlays.push(Overlay::Learn(Learn::here(model)));
    }
}

fn turn_section(model: &mut Model, to: fn(Section) -> Section) {
    if let Some(Overlay::Learn(learn)) = model.overlays.last_mut() {
        learn.turn_to(to(learn.section));
    }
}

/// The key that opens the help also closes it.
fn help(model: &mut Model) {
    match model.overlays.last() {
        Some(Overlay::Help { .. }) => back(model),
        _ => model.overlays.push(Overlay::Help { scroll: 0 }),
    }
}

fn turn_field(model: &mut Model, turn: fn(&mut Form)) {
    if let Some(Overlay::Form(form)) = model.overlays.last_mut() {
        turn(form);
    }
}

/// The next field, and behind the last one the plan.
fn advance(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) if !form.at_last() => {
            form.next();
            Vec::new()
        }
        _ => remedy::submit(model, now),
    }
}

/// One step back: the top layer, else the filter. What was typed is not dropped at the first esc.
fn back(model: &mut Model) {
    if let Some(Overlay::Form(form)) = model.overlays.last_mut()
        && form.is_typed()
        && !form.leaving
    {
        form.leaving = true;
        return;
    }
    if let Some(Overlay::Details(details)) = model.overlays.last_mut()
        && details.find.take().is_some()
    {
        return;
    }
    if model.overlays.pop().is_none() {
        keys::set_filter(model, model.focus, "");
    }
}

fn travel(model: &mut Model, motion: Motion) {
    let Some(overlay) = model.overlays.last_mut() else {
        navigate::go(model, model.focus, motion);
        return;
    };
    if let Overlay::Contexts(ContextPicker::Ready { list, .. }) = overlay {
        list.go(motion);
    } else if let Overlay::Faults(list) = overlay {
        list.go(motion);
    } else if let Overlay::Details(details) = overlay {
        details.scroll.go(motion);
    } else if let Overlay::Learn(learn) = overlay {
        learn.scroll.go(motion);
    } else if let Some(scroll) = overlay.scroll() {
        *scroll = match motion {
            Motion::Up => scroll.saturating_sub(1),
            Motion::Down => *scroll + 1,
            Motion::PageUp => scroll.saturating_sub(PAGE),
            Motion::PageDown => *scroll + PAGE,
            Motion::First => 0,
            // The view shows the end when the text is shorter.
            Motion::Last => usize::MAX / 2,
        };
    }
}

fn open(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if let Some(overlay) = model.overlays.last() {
        if let Overlay::Contexts(ContextPicker::Ready { list, .. }) = overlay {
            let chosen = list.selected().cloned();
            return connect::connect(model, chosen, now);
        }
        if let Overlay::Faults(list) = overlay {
            let chosen = list.selected().cloned();
            model.overlays.clear();
            if let Some(id) = chosen {
                navigate::to_fault(model, &id);
            }
            return Vec::new();
        }
        model.overlays.pop();
        return Vec::new();
    }
    match model.focus {
        Pane::Namespaces => model.focus = Pane::Pods,
        Pane::Pods => open_pod(model),
        Pane::ServiceAccounts => match navigate::secret_of_account(model) {
            Some(secret) => navigate::to_secret(model, secret),
            None => model.flash("the account lists no pull Secret", now),
        },
        Pane::Secrets => match navigate::account_of_secret(model) {
            Some(account) => navigate::to_account(model, account),
            None => model.flash("no ServiceAccount lists it", now),
        },
        Pane::Events => match navigate::pod_of_event(model) {
            Some(pod) => navigate::to_pod(model, pod),
            None => model.flash("that object is gone, or is no Pod", now),
        },
    }
    Vec::new()
}

fn open_pod(model: &mut Model) {
    match model.panes.pods.list.selected().cloned() {
        Some(pods::Row::Pod(pod)) => {
            let details = Details::new(ObjectKey::Pod(pod), None);
            model.overlays.push(Overlay::Details(details));
        }
        Some(pods::Row::Workload(id)) => {
            let open = &mut model.panes.folding.open;
            if !open.remove(&id) {
                open.insert(id);
            }
            model.panes.pods.invalidate();
        }
        None => {}
    }
}

fn begin_filter(model: &mut Model) {
    let pane = model.focus;
    let before = keys::filter_text(model, pane).to_owned();
    model.overlays.push(Overlay::Filter {
        pane,
        input: before.clone().into(),
        before,
    });
}

/// `0` is all namespaces; the others are the favourites, or the first nine where none are set.
fn favourite(model: &mut Model, number: u8, now: Timestamp) -> Vec<Effect> {
    if number == 0 {
        navigate::to_scope(model, Scope::Cluster);
        return Vec::new();
    }
    let index = usize::from(number) - 1;
    let favourites = &model.preferences.favourites;
    if let Some(namespace) = favourites.get(index).cloned() {
        return navigate::to_namespace(model, namespace);
    }
    if !favourites.is_empty() {
        let text = format!(
            "there are {} favourites; see favourites in the configuration",
            favourites.len()
        );
        model.flash(text, now);
        return Vec::new();
    }
    let names = model.panes.namespaces.list.rows();
    match names.iter().flatten().nth(index).cloned() {
        Some(namespace) => navigate::to_scope(model, Scope::Namespace(namespace)),
        None => model.flash(format!("there is no namespace {number} in the list"), now),
    }
    Vec::new()
}

fn sort(model: &mut Model, by: SortBy, now: Timestamp) {
    if !model.focus.sorts().contains(&by) {
        model.flash(
            format!("{} cannot be sorted by that", model.focus.title()),
            now,
        );
        return;
    }
    match model.focus {
        Pane::Namespaces => model.panes.namespaces.sort_by(by),
        Pane::Pods => model.panes.pods.sort_by(by),
        Pane::ServiceAccounts => model.panes.accounts.sort_by(by),
        Pane::Secrets => model.panes.secrets.sort_by(by),
        Pane::Events => model.panes.events.sort_by(by),
    }
}

fn step_sort(model: &mut Model, forward: bool) {
    fn step<K: Clone + PartialEq>(pane: &mut PaneState<K>, columns: &[SortBy], forward: bool) {
        let count = columns.len().max(1);
        let here = columns
            .iter()
            .position(|by| *by == pane.sort.by)
            .unwrap_or(0);
        let next = if forward { here + 1 } else { here + count - 1 } % count;
        if let Some(by) = columns.get(next) {
            pane.sort_by(*by);
        }
    }
    let columns = model.focus.sorts();
    match model.focus {
        Pane::Namespaces => step(&mut model.panes.namespaces, columns, forward),
        Pane::Pods => step(&mut model.panes.pods, columns, forward),
        Pane::ServiceAccounts => step(&mut model.panes.accounts, columns, forward),
        Pane::Secrets => step(&mut model.panes.secrets, columns, forward),
        Pane::Events => step(&mut model.panes.events, columns, forward),
    }
}

fn faults_only(model: &mut Model) {
    let flag = match model.focus {
        Pane::Namespaces => &mut model.panes.namespaces.faults_only,
        Pane::Pods => &mut model.panes.pods.faults_only,
        Pane::ServiceAccounts => &mut model.panes.accounts.faults_only,
        Pane::Secrets => &mut model.panes.secrets.faults_only,
        Pane::Events => &mut model.panes.events.faults_only,
    };
    *flag = !*flag;
}
