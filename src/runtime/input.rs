//! Converts crossterm events to messages.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::{
    app::{
        key::{Code, Key},
        message::Message,
    },
    ui::layout::Layout,
};

/// Converts an event; `None` if it has no meaning.
pub(super) fn message(event: Event, layout: &Layout) -> Option<Message> {
    match event {
        // Windows also reports the release of a key.
        Event::Key(key) if key.kind != KeyEventKind::Release => self::key(key).map(Message::Key),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Mouse(mouse) => self::mouse(mouse, layout),
        Event::Resize(_, _) => Some(Message::Redraw),
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    let held = |modifier| event.modifiers.contains(modifier);
    let mut shift = held(KeyModifiers::SHIFT);
    let code = match event.code {
        KeyCode::Char(c) => {
            // The character says it already.
            shift = false;
            Code::Char(c)
        }
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => {
            shift = true;
            Code::Tab
        }
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(number) => Code::F(number),
        _ => return None,
    };
    Some(Key {
        code,
        ctrl: held(KeyModifiers::CONTROL),
        alt: held(KeyModifiers::ALT),
        shift,
    })
}

fn mouse(event: MouseEvent, layout: &Layout) -> Option<Message> {
    let (pane, row) = layout.hit_test(event.column, event.row)?;
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Message::Click {
            pane,
            row: row.unwrap_or(usize::MAX),
        }),
        MouseEventKind::ScrollDown => Some(Message::Scroll { pane, down: true }),
        MouseEventKind::ScrollUp => Some(Message::Scroll { pane, down: false }),
        _ => None,
    }
}
