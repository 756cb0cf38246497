//! The compiler as the page has it: `memory` and two functions, and no import.
//!
//! The page asks for room, writes a question there, and asks. It finds the answer at the address that it gets: the length of
//! the answer as a little-endian `u32`, then the answer as [`Message`](sysdl::page::Message) writes it. Each answer takes the
//! place of the one before.

use std::cell::RefCell;
use sysdl::page::Session;

#[derive(Default)]
struct State {
    session: Session,
    question: Vec<u8>,
    answer: Vec<u8>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Where a question of so many bytes is to be written.
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_page_room(length: u32) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        state.question.clear();
        state.question.resize(length as usize, 0);
        state.question.as_mut_ptr()
    })
}

/// Answers the question.
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_page_ask() -> *const u8 {
    STATE.with_borrow_mut(|state| {
        let answer = state.session.answer(&state.question).write();
        state.answer.clear();
        state.answer.extend_from_slice(&(answer.len() as u32).to_le_bytes());
        state.answer.extend_from_slice(&answer);
        state.answer.as_ptr()
    })
}
