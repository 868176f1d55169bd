//! What the names inside a pipeline are bound to, and where each can be seen. A name is bound once, so that it means the same everywhere it
//! is visible; what is known of a value (that it is not `none`) stays known for the same reason.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use crate::{
    platform::{
        Base, DataType,
        pipeline::{Expression, ExpressionKind, Local, LocalId, Origin},
    },
    resolve::index,
    source::Span,
    syntax::ast::{BinaryOp, Ident},
};

/// The names of one pipeline.
#[derive(Default)]
pub(super) struct Names {
    /// Everything that was ever bound.
    pub(super) locals: Vec<Local>,
    visible: FxHashMap<SmolStr, LocalId>,
    present: FxHashSet<SmolStr>,
    frames: Vec<Frame>,
    gone: FxHashMap<SmolStr, LocalId>,
}

/// A block: what it adds, to be taken back at its end.
#[derive(Default)]
struct Frame {
    names: Vec<LocalId>,
    present: Vec<SmolStr>,
}

impl Names {
    /// Begins a block.
    pub(super) fn open(&mut self) {
        self.frames.push(Frame::default());
    }

    /// Ends a block and says what it bound.
    pub(super) fn close(&mut self) -> Vec<LocalId> {
        let Some(frame) = self.frames.pop() else { return Vec::new() };
        for path in &frame.present {
            self.present.remove(path);
        }
        for id in &frame.names {
            if let Some(local) = self.locals.get(id.0 as usize) {
                self.visible.remove(&local.name);
                self.gone.insert(local.name.clone(), *id);
            }
        }
        frame.names
    }

    /// Binds a name in the current block. `Err` is where it is bound already; the name keeps its first meaning.
    pub(super) fn bind(&mut self, name: &Ident, ty: DataType, origin: Origin) -> Result<LocalId, Span> {
        let id = LocalId(index(self.locals.len()));
        let before = self
            .visible
            .get(&name.name)
            .map(|first| self.local(*first).map_or(name.span, |local| local.span));
        let read = before.is_some();
        self.locals.push(Local { name: name.name.clone(), ty, span: name.span, origin, read, joins: None });
        match before {
            Some(first) => Err(first),
            None => {
                self.show(id);
                Ok(id)
            }
        }
    }

    /// A value without a name that anybody could write: it is read as soon as it is there.
    pub(super) fn unseen(&mut self, name: SmolStr, ty: DataType, span: Span) -> LocalId {
        let id = LocalId(index(self.locals.len()));
        self.locals.push(Local { name, ty, span, origin: Origin::Item, read: true, joins: None });
        id
    }

    /// Makes a local of an inner block visible in the current one. `Err` is where its name is bound already.
    pub(super) fn adopt(&mut self, id: LocalId) -> Result<(), Span> {
        let Some(local) = self.local(id) else { return Ok(()) };
        if let Some(first) = self.visible.get(&local.name).and_then(|first| self.local(*first)) {
            return Err(first.span);
        }
        self.show(id);
        Ok(())
    }

    fn show(&mut self, id: LocalId) {
        let Some(local) = self.locals.get(id.0 as usize) else { return };
        self.gone.remove(&local.name);
        self.visible.insert(local.name.clone(), id);
        if let Some(frame) = self.frames.last_mut() {
            frame.names.push(id);
        }
    }

    /// What a name is bound to here.
    pub(super) fn find(&self, name: &str) -> Option<LocalId> {
        self.visible.get(name).copied()
    }

    /// The same, and it is read.
    pub(super) fn read(&mut self, name: &str) -> Option<LocalId> {
        let id = self.find(name)?;
        if let Some(local) = self.locals.get_mut(id.0 as usize) {
            local.read = true;
        }
        Some(id)
    }

    /// The local with that id.
    pub(super) fn local(&self, id: LocalId) -> Option<&Local> {
        self.locals.get(id.0 as usize)
    }

    /// Where a name was bound in a block that has ended. It was meant to be read, so nothing more is said of that.
    pub(super) fn gone(&mut self, name: &str) -> Option<Span> {
        let local = self.locals.get_mut(self.gone.get(name)?.0 as usize)?;
        local.read = true;
        Some(local.span)
    }

    /// All names that can be seen.
    pub(super) fn visible(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.visible.keys().map(SmolStr::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Notes that these values are not `none` in the current block.
    pub(super) fn assume(&mut self, paths: Vec<SmolStr>) {
        for path in paths {
            if self.present.insert(path.clone())
                && let Some(frame) = self.frames.last_mut()
            {
                frame.present.push(path);
            }
        }
    }

    /// Whether a value is known not to be `none` here.
    pub(super) fn is_present(&self, expression: &Expression) -> bool {
        path(expression).is_some_and(|path| self.present.contains(&path))
    }

    /// Binds behind an `if` what each of its branches that go on has bound, and says with which of them each is one.
    pub(super) fn join(
        &mut self,
        branches: &[Vec<LocalId>],
        common: impl Fn(&DataType, &DataType) -> Option<DataType>,
    ) {
        let Some((first, others)) = branches.split_first() else { return };
        for id in first {
            let Some(local) = self.local(*id).cloned() else { continue };
            let mut ty = Some(local.ty.clone());
            let mut same = vec![*id];
            for branch in others {
                let other = branch.iter().find_map(|id| {
                    self.local(*id).filter(|one| one.name == local.name).map(|one| (*id, &one.ty))
                });
                ty = other.and_then(|(_, other)| common(ty.as_ref()?, other));
                same.extend(other.map(|(id, _)| id));
            }
            let Some(ty) = ty else { continue };
            let joined = LocalId(index(self.locals.len()));
            self.locals.push(Local { ty, read: false, ..local });
            for id in same {
                if let Some(local) = self.locals.get_mut(id.0 as usize) {
                    local.joins = Some(joined);
                }
            }
            self.show(joined);
        }
    }

    /// Gives a local that is one with another that one's readers; then counts the whole as read where a part was, in its own block.
    pub(super) fn settle_reads(&mut self) {
        for at in (0..self.locals.len()).rev() {
            let joined = self.locals.get(at).and_then(|local| local.joins);
            let read = joined.and_then(|id| self.local(id)).is_some_and(|local| local.read);
            if let Some(local) = self.locals.get_mut(at)
                && read
            {
                local.read = true;
            }
        }
        for at in 0..self.locals.len() {
            let joined = self.locals.get(at).filter(|local| local.read).and_then(|local| local.joins);
            if let Some(whole) = joined.and_then(|id| self.locals.get_mut(id.0 as usize)) {
                whole.read = true;
            }
        }
    }
}

/// The values that are not `none` where a condition holds, or where it does not.
pub(super) fn present_when(condition: &Expression, holds: bool) -> Vec<SmolStr> {
    match &condition.kind {
        ExpressionKind::Not(inner) => present_when(inner, !holds),
        ExpressionKind::Binary(BinaryOp::And, a, b) if holds => both(a, b, holds),
        ExpressionKind::Binary(BinaryOp::Or, a, b) if !holds => both(a, b, holds),
        ExpressionKind::Binary(BinaryOp::NotEqual, a, b) if holds => compared_with_none(a, b),
        ExpressionKind::Binary(BinaryOp::Equal, a, b) if !holds => compared_with_none(a, b),
        ExpressionKind::Binary(BinaryOp::Equal, a, b) if holds => equal_to_something(a, b),
        ExpressionKind::Binary(BinaryOp::NotEqual, a, b) if !holds => equal_to_something(a, b),
        _ => Vec::new(),
    }
}

fn both(a: &Expression, b: &Expression, holds: bool) -> Vec<SmolStr> {
    let mut paths = present_when(a, holds);
    paths.extend(present_when(b, holds));
    paths
}

fn compared_with_none(a: &Expression, b: &Expression) -> Vec<SmolStr> {
    match (&a.kind, &b.kind) {
        (_, ExpressionKind::None) => path(a).into_iter().collect(),
        (ExpressionKind::None, _) => path(b).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What equals a value that is there is there too.
fn equal_to_something(a: &Expression, b: &Expression) -> Vec<SmolStr> {
    let there = |one: &Expression| !one.ty.nullable && !matches!(one.ty.base, Base::Json | Base::Unknown);
    match (there(a), there(b)) {
        (false, true) => path(a).into_iter().collect(),
        (true, false) => path(b).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// A local with the fields and the constant indices below it, as a key.
fn path(expression: &Expression) -> Option<SmolStr> {
    match &expression.kind {
        ExpressionKind::Local(id) => Some(format_smolstr!("{}", id.0)),
        ExpressionKind::Field(of, name) => Some(format_smolstr!("{}.{name}", path(of)?)),
        ExpressionKind::Index(of, at) => match &at.kind {
            ExpressionKind::Number(text) => Some(format_smolstr!("{}[{text}]", path(of)?)),
            ExpressionKind::Text(text) => Some(format_smolstr!("{}[{text:?}]", path(of)?)),
            _ => None,
        },
        _ => None,
    }
}
