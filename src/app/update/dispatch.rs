//! What each action does, one arm each; the work is in the modules beside.

use jiff::Timestamp;

use super::{
    connect, copy, detail, fetched_view, filter, find, fix, forms, lists, menu, navigate,
    open_form, overlays, plan_dialog, probe, pull_test, reveal, rollout,
};
use crate::{
    app::{
        action::Action,
        detail::Tab,
        effect::Effect,
        form::{Form, Picks},
        jump_list::Trail,
        model::Model,
        overlay::{Overlay, Palette},
        pull_test::Trial,
    },
    domain::guide::Section,
};

/// Does it, and remembers the place that it leads away from.
pub(super) fn act(model: &mut Model, action: Action, now: Timestamp) -> Vec<Effect> {
    // What is chosen from the menu is done as if its own key had been pressed.
    let action = match (action, model.overlays.last()) {
        (Action::Open, Some(Overlay::Menu(_))) => match menu::chosen(model, now) {
            Ok(chosen) => chosen,
            Err(told) => return told,
        },
        (action, _) => action,
    };
    let before = action.leads_away().then(|| model.place());
    let effects = carry_out(model, action, now);
    if let Some(before) = before
        && before != model.place()
    {
        model.trail.left(before);
    }
    effects
}

/// Ends the program, unless something would be lost that the user has not been told of.
pub(super) fn quit(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    match model.lost.warning(now) {
        Some(warning) => {
            model.flash(warning, now);
            Vec::new()
        }
        None => vec![Effect::Quit],
    }
}

fn carry_out(model: &mut Model, action: Action, now: Timestamp) -> Vec<Effect> {
    match action {
        Action::Quit => return quit(model, now),
        Action::Help => overlays::help(model),
        Action::Back => overlays::back(model),
        Action::NextPane => model.focus = model.focus.next(),
        Action::PreviousPane => model.focus = model.focus.previous(),
        Action::Focus(pane) => overlays::to_pane(model, pane),
        Action::Move(motion) => overlays::travel(model, motion),
        Action::Open => return overlays::open(model, now),
        Action::Detail(Tab::Logs) => detail::logs(model, false, now),
        Action::Detail(tab) => detail::open(model, tab, now),
        Action::PreviousLog => detail::logs(model, true, now),
        Action::NextContainer => detail::next_container(model),
        Action::Find => find::begin(model, now),
        Action::NextMatch => find::go_to_match(model, 1, now),
        Action::PreviousMatch => find::go_to_match(model, -1, now),
        Action::NextTab => detail::turn(model, 1),
        Action::PreviousTab => detail::turn(model, -1),
        Action::Fix(number) => return fix::fix(model, number, now),
        Action::CarryOut => return plan_dialog::carry_out(model, now),
        Action::Undo => return plan_dialog::undo(model, now),
        Action::New
        | Action::Setup
        | Action::Deploy
        | Action::Bind
        | Action::Rotate
        | Action::CopyTo
        | Action::SetImage => open_form::open(model, action, now),
        Action::Delete => return open_form::delete(model, now),
        Action::Warp => navigate::warp(model, now),
        Action::Restart => return fix::restart(model, now),
        Action::PauseRollout => return rollout::pause(model, now),
        Action::RollBack => return rollout::roll_back(model, now),
        Action::Export => open_form::export(model, now),
        Action::NextField => return forms::turn(model, Form::next),
        Action::PreviousField => return forms::turn(model, Form::previous),
        Action::Toggle => overlays::pick(model, Trial::toggle, Picks::toggle),
        Action::ToggleAll => overlays::pick(model, Trial::toggle_all, Picks::toggle_all),
        Action::NextOption => forms::choose(model, true),
        Action::PreviousOption => forms::choose(model, false),
        Action::Submit => return forms::advance(model, now),
        Action::Faults => lists::faults(model, now),
        Action::Menu => return menu::open(model, now),
        Action::Hygiene => lists::hygiene(model, now),
        Action::PullTest => pull_test::open(model, now),
        Action::StartPullTest => return pull_test::start(model, now),
        Action::Report => return copy::report(model, now),
        Action::CleanUp => return pull_test::clean_up(model, now),
        Action::Learn => overlays::learn(model),
        Action::NextSection => overlays::turn_section(model, Section::next),
        Action::PreviousSection => overlays::turn_section(model, Section::previous),
        Action::Settle => return probe::ask(model, now),
        Action::Filter => filter::begin(model),
        Action::Palette => model.overlays.push(Overlay::Palette(Palette::default())),
        Action::Contexts => return connect::list_contexts(model),
        Action::Favourite(number) => return lists::favourite(model, number, now),
        Action::Sort(by) => lists::sort(model, by, now),
        Action::NextSortColumn => lists::step_sort(model, true),
        Action::PreviousSortColumn => lists::step_sort(model, false),
        Action::FaultsOnly => lists::faults_only(model),
        Action::Fold => lists::fold(model),
        Action::Hold => {
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
        | Action::CopyCommands => return copy::hand_out(model, action, now),
        Action::Reveal => return reveal::reveal(model, now),
        Action::CopyPassword => return reveal::copy(model, now),
        Action::LastNamespace => navigate::to_last_scope(model),
        Action::ReadAgain => fetched_view::read_again(model),
        Action::GoBack => navigate::along_the_trail(model, Trail::back, now),
        Action::GoForth => navigate::along_the_trail(model, Trail::forth, now),
        Action::Retry => return connect::connect(model, None, now),
        Action::Elsewhere(verb) => return copy::elsewhere(model, verb, now),
    }
    Vec::new()
}
