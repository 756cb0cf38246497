//! `connect = 3ms`, `idle = 60s`: what it takes to open a connection, and how long one stays open.

use super::system::Builder;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::Assign;
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_lower::model::{Connections, Distribution, Permits};

/// Properties of an edge that say it.
pub(super) const WORDS: [&str; 2] = ["connect", "idle"];
/// How long idle connections stay open unless it is said, in nanoseconds.
const IDLE_NS: u64 = 60_000_000_000;
/// Most connections that a replica of the caller has, and instants that all of an edge are remembered by.
const POOL_MAX: u32 = 100_000;

/// What an edge's block says of connections.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionsDraft {
    connect: Option<(Distribution, Span)>,
    idle: Option<(u64, Span)>,
}

impl ConnectionsDraft {
    /// The first of the properties that was set.
    pub(super) fn said(&self) -> Option<&'static str> {
        if self.connect.is_some() { Some("connect") } else { self.idle.map(|_| "idle") }
    }
}

impl Builder<'_> {
    /// `connect = 3ms` or `idle = 60s`
    pub(super) fn connection_property(
        &mut self,
        name: &str,
        assign: &Assign,
        scope: &Scope,
        draft: &mut ConnectionsDraft,
    ) {
        let span = assign.value.span;
        let value = self.eval.eval(&assign.value, scope);
        let ty = if name == "connect" { Type::Distribution } else { Type::Quantity(Dimension::Duration) };
        match self.eval.hold(value, &ty, false, name, span) {
            Value::Distribution(connect, _) => draft.connect = Some((connect, span)),
            Value::Number(ns, _) if ns >= 1.0 => draft.idle = Some((ns as u64, span)),
            Value::Number(..) => self.eval.no_time(&codes::E0207, name, span, "write `idle = 60s`, or remove it"),
            _ => {}
        }
    }

    /// As the model has it. Connections are those of a pool.
    pub(super) fn connections(
        &mut self,
        draft: &ConnectionsDraft,
        permits: Option<&Permits>,
        gathers: bool,
    ) -> Option<Connections> {
        let Some((connect, span)) = &draft.connect else {
            if let Some((_, span)) = draft.idle {
                let message = "`idle` is for connections, and none is opened here";
                let diagnostic = Diagnostic::new(&codes::E0514, message, span, "would be ignored");
                self.eval.report(diagnostic.help("add `connect = 3ms`, the time to open one"));
            }
            return None;
        };
        let (message, help) = match permits {
            _ if gathers => ("`connect` and `linger` do not go together", "remove `connect`"),
            None => ("connections are kept in a pool, and there is none", "add `pool { size = 20 }`"),
            Some(permits) if permits.count > POOL_MAX => {
                ("a pool keeps 100,000 connections at most", "make it smaller")
            }
            Some(_) => {
                let idle_ns = draft.idle.map_or(IDLE_NS, |(ns, _)| ns);
                return Some(Connections { connect: connect.clone(), idle_ns });
            }
        };
        self.eval.report(Diagnostic::new(&codes::E0514, message, *span, "cannot be kept").help(help));
        None
    }
}
