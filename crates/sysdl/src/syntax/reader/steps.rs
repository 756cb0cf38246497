//! What a request does.

use super::{Reader, Wanted};
use crate::syntax::ast::{Block, Expr, Name, Need, Node, Section, Statement, Step};
use std::sync::Arc;

/// Most branches of one `with … else with …`.
const BRANCHES_MAX: usize = 256;

impl Reader<'_> {
    /// The step that a word begins.
    pub(super) fn step(&mut self, word: &str) -> Option<Step> {
        match word {
            "call" => self.call(),
            "publish" => self.publish(),
            "work" => self.led("work", Self::expr).map(Step::Work),
            "reply" => self.maybe(|r| {
                r.word("reply")?;
                Some(Step::Reply(r.next(Self::expr)))
            }),
            "fail" => self.maybe(|r| {
                r.word("fail")?;
                Some(Step::Fail(r.next(Self::expr)))
            }),
            "parallel" => self.parallel(),
            "with" => self.maybe(Self::with),
            "lookup" => self.maybe(|r| {
                r.word("lookup")?;
                Some(Step::Lookup(r.next(Self::path)?, r.next(Self::block)?))
            }),
            "fill" | "invalidate" => self.put(),
            "admit" => self.led("admit", Self::block).map(Step::Admit),
            "loop" => self.maybe(|r| {
                r.word("loop")?;
                Some(Step::Loop(r.next(Self::expr)?, r.next(Self::block)?))
            }),
            "try" => self.maybe(|r| {
                r.word("try")?;
                Some(Step::Try(r.next(Self::block)?, r.next(Self::otherwise)?))
            }),
            "background" => self.led("background", Self::block).map(Step::Background),
            "saga" => self.maybe(|r| {
                r.word("saga")?;
                Some(Step::Saga(r.next(Self::block)?, r.next(Self::otherwise)))
            }),
            "step" => self.maybe(|r| {
                r.word("step")?;
                let body = r.next(Self::block)?;
                let undo = r.next(|r| {
                    r.lines();
                    r.gap();
                    r.led("undo", Self::block)
                });
                Some(Step::Undoable(body, undo))
            }),
            _ => None,
        }
    }

    fn call(&mut self) -> Option<Step> {
        self.maybe(|r| {
            r.word("call")?;
            let target = r.next(Self::path)?;
            let args = r.next(Self::args).unwrap_or_default();
            Some(Step::Call { target, args, times: r.next(|r| r.led("times", Self::expr)) })
        })
    }

    fn publish(&mut self) -> Option<Step> {
        self.maybe(|r| {
            r.word("publish")?;
            Some(Step::Publish(r.next(Self::path)?, r.next(Self::args).unwrap_or_default()))
        })
    }

    fn parallel(&mut self) -> Option<Step> {
        self.maybe(|r| {
            r.word("parallel")?;
            let first = r.next(|r| r.word("first"));
            let need = match first {
                Some(()) => Need::First,
                None => r.led("quorum", Self::expr).map_or(Need::All, Need::Quorum),
            };
            let each = r.next(|r| r.led("each", Self::expr));
            Some(Step::Parallel(need, each, r.next(Self::block)?))
        })
    }

    /// `with 5% { … } else with 10% { … } else { … }`
    fn with(&mut self) -> Option<Step> {
        let mut branches = vec![self.branch()?];
        let mut last = None;
        while last.is_none() {
            let Some(next) = self.next(|r| {
                r.lines();
                r.gap();
                r.word("else")?;
                r.gap();
                match r.maybe(Self::branch) {
                    Some(branch) => Some(Ok(branch)),
                    None => r.block().map(Err),
                }
            }) else {
                break;
            };
            match next {
                Ok(_) if branches.len() == BRANCHES_MAX => return None,
                Ok(branch) => branches.push(branch),
                Err(block) => last = Some(block),
            }
        }
        // Where each `with` ends, the ones in it do.
        let mut otherwise = last;
        loop {
            let (start, share, then) = branches.pop()?;
            let step = Step::With { share, then, otherwise };
            if branches.is_empty() {
                return Some(step);
            }
            let span = self.since(start);
            let statement = Statement { span, docs: Vec::new(), node: Node::Step(step) };
            otherwise = Some(Block { statements: Arc::new([statement]), span });
        }
    }

    /// `with 5% { … }`
    fn branch(&mut self) -> Option<(usize, Expr, Block)> {
        let start = self.at;
        self.word("with")?;
        Some((start, self.next(Self::expr)?, self.next(Self::block)?))
    }

    fn put(&mut self) -> Option<Step> {
        self.maybe(|r| {
            let remove = r.word_of(&["fill", "invalidate"])? == "invalidate";
            let target = r.next(Self::path)?;
            Some(Step::Put { target, body: r.next(Self::block), remove })
        })
    }

    /// `else { … }`, perhaps on the next line.
    fn otherwise(&mut self) -> Option<Block> {
        self.lines();
        self.gap();
        self.led("else", Self::block)
    }

    /// `try { … } else { … }`; without `else` it is a section of that name. Told apart here, since to read the block once
    /// more would double the work at each level.
    pub(super) fn attempt(&mut self) -> Option<Node> {
        self.maybe(|r| {
            let start = r.at;
            r.word("try")?;
            let span = r.since(start);
            let body = r.next(Self::block)?;
            let end = r.at;
            Some(match r.next(Self::otherwise) {
                Some(otherwise) => Node::Step(Step::Try(body, otherwise)),
                None => {
                    r.at = end;
                    let name = Name { text: "try".to_owned(), span };
                    Node::Section(Section { name, title: None, of: None, body })
                }
            })
        })
    }

    /// `{ … }`
    pub(super) fn block(&mut self) -> Option<Block> {
        let start = self.at;
        if self.endless.contains(&start) {
            return None;
        }
        self.within(|r| {
            r.sign(b'{', Wanted::OpenBrace)?;
            let statements = r.body();
            r.gap();
            if r.sign(b'}', Wanted::CloseBrace).is_none() {
                r.endless.push(start);
                return None;
            }
            Some(Block { statements, span: r.since(start) })
        })
    }
}
