//! What happens when, and what is expected of it.

use super::{Reader, Wanted};
use crate::syntax::ast::{Action, Aim, Assign, Expect, Expr, Level, Name, Node, Quantifier, Trigger, Way, Window};

impl Reader<'_> {
    /// `phase storm = 60s..80s`
    pub(super) fn phase(&mut self) -> Option<Node> {
        self.word("phase")?;
        let name = self.next(Self::ident)?;
        self.next(Self::equals)?;
        Some(Node::Phase(name, self.next(Self::expr)?))
    }

    /// `at 60s inject …`, `every 10s set …`
    pub(super) fn timed(&mut self) -> Option<Node> {
        let trigger = self.trigger()?;
        let mut actions = vec![self.next(Self::action)?];
        self.gap();
        while let Some(action) = self.more(|r| r.led("then", Self::inject)) {
            actions.push(action);
        }
        // Each has what follows it within.
        let chained = actions.into_iter().rev().fold(None, |after: Option<Box<Action>>, mut action| {
            if let Action::Inject { then, .. } = &mut action {
                *then = after;
            }
            Some(Box::new(action))
        });
        chained.map(|action| Node::Timed(trigger, *action))
    }

    fn trigger(&mut self) -> Option<Trigger> {
        if let Some(time) = self.led("at", Self::expr) {
            return Some(Trigger::At(time));
        }
        let every = self.maybe(|r| {
            let every = r.led("every", Self::expr)?;
            let from = r.next(|r| r.led("from", Self::expr));
            Some(Trigger::Every(every, from, r.next(|r| r.led("to", Self::expr))))
        });
        every
            .or_else(|| self.when().map(|(condition, lasting)| Trigger::When(condition, lasting)))
            .or_else(|| self.random())
    }

    /// `when condition for d`
    fn when(&mut self) -> Option<(Expr, Option<Expr>)> {
        let condition = self.led("when", Self::expr)?;
        Some((condition, self.next(|r| r.led("for", Self::expr))))
    }

    /// `random(mtbf = a, mttr = b)`
    fn random(&mut self) -> Option<Trigger> {
        let start = self.at;
        let args = self.led("random", Self::args)?;
        Some(Trigger::Random(args, self.since(start)))
    }

    fn action(&mut self) -> Option<Action> {
        if let Some(inject) = self.maybe(Self::inject) {
            return Some(inject);
        }
        if let Some((assign, lasting, named)) = self.set() {
            return Some(Action::Set { assign, lasting, named });
        }
        self.led("mark", Self::ident).map(Action::Mark)
    }

    /// `inject fault(args) on target for d ramp r fade r stagger d as name`
    fn inject(&mut self) -> Option<Action> {
        self.word("inject")?;
        let fault = self.next(Self::ident)?;
        let args = self.next(Self::args).unwrap_or_default();
        let on = self.next(Self::on).unwrap_or_default();
        let (mut lasting, mut ramp, mut fade, mut stagger) = (None, None, None, None);
        while let Some((word, expr)) = self.next(|r| {
            let word = r.word_of(&["for", "ramp", "fade", "stagger"])?;
            Some((word, r.next(Self::expr)?))
        }) {
            let place = match word {
                "for" => &mut lasting,
                "ramp" => &mut ramp,
                "fade" => &mut fade,
                _ => &mut stagger,
            };
            *place = Some(expr);
        }
        let named = self.next(Self::named);
        Some(Action::Inject { fault, args, on, lasting, ramp, fade, stagger, named, then: None })
    }

    /// `set path = value for d as name`
    pub(super) fn set(&mut self) -> Option<(Assign, Option<Expr>, Option<Name>)> {
        self.maybe(|r| {
            r.word("set")?;
            let target = r.next(Self::path)?;
            r.next(Self::equals)?;
            let value = r.next(Self::expr)?;
            let lasting = r.next(|r| r.led("for", Self::expr));
            Some((Assign { target, op: "=".to_owned(), value }, lasting, r.next(Self::named)))
        })
    }

    fn named(&mut self) -> Option<Name> {
        self.led("as", Self::ident)
    }

    /// `on a`, `on a -> b`, `on [a, b -> c]`, `on zone 1`, `on kind cache`
    fn on(&mut self) -> Option<Vec<Aim>> {
        self.word("on")?;
        if let Some(aims) = self.next(Self::aims) {
            return Some(aims);
        }
        let start = self.at;
        if let Some(zone) = self.led("zone", Self::number) {
            return Some(vec![Aim::Zone(zone as u32, self.since(start))]);
        }
        let kind = self.led("kind", Self::path).map(Aim::Kind);
        Some(vec![kind.or_else(|| self.aim())?])
    }

    fn aims(&mut self) -> Option<Vec<Aim>> {
        self.sign(b'[', Wanted::OpenBracket)?;
        let docs = self.lines_around();
        let aims = self.listed(docs, |r, _| r.aim());
        self.lines_around();
        self.sign(b']', Wanted::CloseBracket)?;
        Some(aims)
    }

    fn aim(&mut self) -> Option<Aim> {
        let from = self.path()?;
        let to = self.next(|r| {
            r.arrow()?;
            r.next(Self::path)
        });
        Some(match to {
            Some(to) => Aim::Edge(from, to),
            None => Aim::At(from),
        })
    }

    /// A part of a fault: when or how the changes in it act.
    pub(super) fn part(&mut self) -> Option<Node> {
        let way = self.maybe(|r| {
            let word = r.word_of(&["during", "after", "ramp", "fade"])?;
            let expr = r.next(Self::expr)?;
            Some(match word {
                "after" => Way::After(expr),
                "ramp" => Way::Ramp(expr),
                "fade" => Way::Fade(expr),
                _ => Way::During(expr),
            })
        });
        let way = way.or_else(|| self.when().map(|(condition, lasting)| Way::When(condition, lasting)));
        let way = way.or_else(|| match self.random()? {
            Trigger::Random(args, place) => Some(Way::Random(args, place)),
            _ => None,
        })?;
        Some(Node::Part { way, body: self.next(Self::block)? })
    }

    // ---- expectations ------------------------------------------------------------------------------

    /// `expect always error_rate < 1% during storm`
    pub(super) fn expect(&mut self) -> Option<Node> {
        let level = if self.word("expect").is_some() {
            let fails = self.next(|r| r.word("fail")).is_some();
            if fails { Level::ExpectFail } else { Level::Expect }
        } else {
            self.word("warn")?;
            Level::Warn
        };
        let label = self.next(Self::string);
        let quantifier = self.next(|r| r.called(Wanted::Other, Self::quantifier));
        let condition = self.next(Self::expr)?;
        let near = self.next(|r| {
            let tolerance = r.led("within", Self::expr)?;
            Some((tolerance, r.next(|r| r.led("of", Self::expr))?))
        });
        let mut windows = Vec::new();
        self.gap();
        while let Some(window) = self.more(Self::window) {
            windows.push(window);
        }
        Some(Node::Expect(Expect { level, label, quantifier, condition, near, windows }))
    }

    fn quantifier(&mut self) -> Option<Quantifier> {
        Some(match self.word_of(&["always", "eventually", "never"])? {
            "always" => Quantifier::Always,
            "eventually" => Quantifier::Eventually,
            _ => Quantifier::Never,
        })
    }

    fn window(&mut self) -> Option<Window> {
        if let Some(range) = self.led("during", Self::expr) {
            return Some(Window::During(range));
        }
        if let Some(time) = self.led("within", Self::expr) {
            return Some(match self.next(|r| r.led("after", Self::path)) {
                Some(event) => Window::Within(time, event),
                None => Window::InTime(time),
            });
        }
        let after = self.led("after", Self::path).map(Window::After);
        let after = after.or_else(|| self.led("for", Self::expr).map(Window::For));
        after.or_else(|| self.led("over", Self::expr).map(Window::Over))
    }
}
