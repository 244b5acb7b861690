//! Dispatches an action to the module that implements it.

use jiff::Timestamp;

use super::{
    connect, copy, detail, fetched_view, filter, find, fix, forms, lists, menu, navigate, node,
    open_form, overlays, plan_dialog, probe, pull_test, reveal, rollout,
};
use crate::{
    app::{
        action::Action,
        detail::Tab,
        effect::Effect,
        form::{Form, MultiSelect},
        jump_list::JumpList,
        model::Model,
        overlay::{CommandPalette, Overlay},
        pull_test::PullTestSetup,
    },
    domain::guide::Section,
};

/// Performs an action; a location that it leaves is added to the jump list.
pub(super) fn dispatch(model: &mut Model, action: Action, now: Timestamp) -> Vec<Effect> {
    // What is chosen from the menu is done as if its own key had been pressed.
    let action = match (action, model.overlays.last()) {
        (Action::Open, Some(Overlay::Menu(_))) => match menu::chosen(model, now) {
            Ok(chosen) => chosen,
            Err(told) => return told,
        },
        (action, _) => action,
    };
    let before = action.changes_location().then(|| model.location());
    let effects = perform(model, action, now);
    if let Some(before) = before
        && before != model.location()
    {
        model.jump_list.push(before);
    }
    effects
}

/// Quits, unless something would be lost that the user was not warned of.
pub(super) fn quit(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    match model.lost_secrets.warning(now) {
        Some(warning) => {
            model.set_status(warning, now);
            Vec::new()
        }
        None => vec![Effect::Quit],
    }
}

fn perform(model: &mut Model, action: Action, now: Timestamp) -> Vec<Effect> {
    match action {
        Action::Quit => return quit(model, now),
        Action::Help => overlays::help(model),
        Action::Back => return overlays::back(model),
        Action::NextPane => model.focus = model.focus.next(),
        Action::PreviousPane => model.focus = model.focus.previous(),
        Action::Focus(pane) => overlays::to_pane(model, pane),
        Action::Move(motion) => overlays::move_cursor(model, motion),
        Action::Open => return overlays::open(model, now),
        Action::Detail(Tab::Logs) => detail::logs(model, false, now),
        Action::Detail(tab) => detail::open(model, tab, now),
        Action::PreviousLog => detail::logs(model, true, now),
        Action::NextContainer => detail::next_container(model),
        Action::Find => find::open(model, now),
        Action::NextMatch => find::go_to_match(model, 1, now),
        Action::PreviousMatch => find::go_to_match(model, -1, now),
        Action::NextTab => detail::cycle_tab(model, 1),
        Action::PreviousTab => detail::cycle_tab(model, -1),
        Action::Fix(number) => return fix::fix(model, number, now),
        Action::Apply => return plan_dialog::apply(model, now),
        Action::Undo => return plan_dialog::undo(model, now),
        Action::New
        | Action::Setup
        | Action::Deploy
        | Action::Bind
        | Action::Rotate
        | Action::CopyTo
        | Action::SetImage => open_form::open(model, action, now),
        Action::Delete => return open_form::delete(model, now),
        Action::JumpToNamespace => navigate::narrow_to_selection(model, now),
        Action::Restart => return fix::restart(model, now),
        Action::PauseRollout => return rollout::pause(model, now),
        Action::RollBack => return rollout::roll_back(model, now),
        Action::Export => open_form::export(model, now),
        Action::NextField => return forms::move_focus(model, Form::next),
        Action::PreviousField => return forms::move_focus(model, Form::previous),
        Action::Toggle => overlays::pick(model, PullTestSetup::toggle, MultiSelect::toggle),
        Action::ToggleAll => {
            overlays::pick(model, PullTestSetup::toggle_all, MultiSelect::toggle_all);
        }
        Action::NextOption => forms::choose(model, true),
        Action::PreviousOption => forms::choose(model, false),
        Action::Submit => return forms::advance(model, now),
        Action::Faults => lists::faults(model, now),
        Action::Menu => return menu::open(model, now),
        Action::Hygiene => lists::hygiene(model, now),
        Action::PullTest => pull_test::open(model, now),
        Action::StartPullTest => return pull_test::start(model, now),
        Action::Node => node::open(model, now),
        Action::ProposeNodeFiles => node::propose_reader(model, now),
        Action::ReadNodeFiles => return node::start_reader(model, now),
        Action::Report => return copy::report(model, now),
        Action::CleanUp => return pull_test::clean_up(model, now),
        Action::ShowGuide => overlays::toggle_guide(model),
        Action::NextSection => overlays::cycle_section(model, Section::next),
        Action::PreviousSection => overlays::cycle_section(model, Section::previous),
        Action::ProbeRegistry => return probe::probe_selection(model, now),
        Action::Filter => filter::open(model),
        Action::Palette => model
            .overlays
            .push(Overlay::Palette(CommandPalette::default())),
        Action::Contexts => return connect::list_contexts(model),
        Action::Favourite(number) => lists::favourite(model, number, now),
        Action::Sort(by) => lists::sort(model, by, now),
        Action::NextSortColumn => lists::step_sort(model, true),
        Action::PreviousSortColumn => lists::step_sort(model, false),
        Action::FaultsOnly => lists::faults_only(model),
        Action::Fold => lists::fold(model),
        Action::PauseEvents => {
            let paused = &mut model.panes.events.extra.paused;
            *paused = !*paused;
        }
        Action::NextProblem => navigate::next_problem(model, true, now),
        Action::PreviousProblem => navigate::next_problem(model, false, now),
        Action::ToAccount => navigate::to_account_of_pod(model),
        Action::UsedBy => navigate::to_user_of_selection(model, now),
        Action::Copy
        | Action::CopyNamespace
        | Action::CopyImage
        | Action::CopyMessage
        | Action::CopyCommands => return copy::copy_for_action(model, action, now),
        Action::Reveal => return reveal::reveal(model, now),
        Action::CopyPassword => return reveal::copy(model, now),
        Action::LastNamespace => navigate::to_last_scope(model),
        Action::Refetch => fetched_view::refetch(model),
        Action::GoBack => navigate::step_history(model, JumpList::back, now),
        Action::GoForward => navigate::step_history(model, JumpList::forward, now),
        Action::Retry => return connect::connect(model, None, now),
        Action::ExternalTool(verb) => return copy::copy_external_command(model, verb, now),
    }
    Vec::new()
}
