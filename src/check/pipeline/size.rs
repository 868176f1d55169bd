//! How many bytes of JSON a value takes at most, from its type and from what it is made of.

use rustc_hash::FxHashMap;

use crate::platform::{
    Base, DataType, Platform, SchemaId,
    pipeline::{Expression, ExpressionKind, LocalId},
    types::Refinement,
};
use crate::syntax::ast::BinaryOp;

/// What is known of a value's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The most bytes that its known parts take. Text that says nothing of its length, and JSON, count as nothing: every run has some.
    pub bytes: u64,
    /// Whether something in it can be repeated without end: a list or a map without a largest length, or one of text without.
    pub endless: bool,
    /// Whether it has text or JSON that says nothing of its length.
    pub open: bool,
    /// Whether a value that it is made of is too large by itself, which is said there.
    pub told: bool,
}

impl Size {
    fn exactly(bytes: usize) -> Self {
        Self::most(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    fn most(bytes: u64) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// What nothing says counts as nothing.
    fn known(bytes: Option<u64>) -> Self {
        Self { open: bytes.is_none(), ..Self::most(bytes.unwrap_or_default()) }
    }

    fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            endless: self.endless || other.endless,
            open: self.open || other.open,
            told: self.told || other.told,
        }
    }

    /// The larger of two.
    pub fn or(self, other: Self) -> Self {
        Self { bytes: self.bytes.max(other.bytes), ..self.and(other) }
    }

    fn times(self, count: u64) -> Self {
        Self { bytes: self.bytes.saturating_mul(count), ..self }
    }
}

/// The bytes that a character takes: four of UTF-8 at most, of which Step Functions counts; quotes, backslashes and line ends take two with their
/// escape. Only text of nothing but other control characters, six bytes each, would take more, and there is no such text.
const CHARACTER: u64 = 4;
/// The bytes of a key's byte: quotes and backslashes are escaped. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
/// advises against control characters.
const BYTE_OF_A_KEY: u64 = 2;
/// The longest `s3://` URI in quotes: a bucket's name of 63 characters, and a key of 1,024 bytes.
const PLACE: u64 = 2 + 5 + 63 + 1 + 1024 * BYTE_OF_A_KEY;
/// A task token in quotes. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html>
const TOKEN: u64 = 2 + 2048;
const QUOTES: u64 = 2;

/// The sizes of one program's values.
pub struct Sizes<'p> {
    platform: &'p Platform,
    records: FxHashMap<SchemaId, Size>,
}

impl<'p> Sizes<'p> {
    /// None is known yet.
    pub fn new(platform: &'p Platform) -> Self {
        Self { platform, records: FxHashMap::default() }
    }

    /// The largest value of a type.
    pub fn of_type(&mut self, ty: &DataType) -> Size {
        match &ty.base {
            Base::String => Size::known(longest_text(&ty.refinement).map(|bytes| bytes + QUOTES)),
            Base::Bytes => Size::known(ty.refinement.max_length.map(base64)),
            Base::List(element) => {
                let element = self.element(element);
                repeated(element, &ty.refinement)
            }
            Base::Map(key, value) => {
                let pair = self.element(key).and(self.element(value)).and(Size::most(1));
                repeated(pair, &ty.refinement)
            }
            Base::Record(id) => self.of_record(*id),
            base => Size::known(Some(longest_scalar(base)).filter(|bytes| *bytes > 0)),
        }
    }

    fn of_record(&mut self, id: SchemaId) -> Size {
        if let Some(known) = self.records.get(&id) {
            return *known;
        }
        // A record that holds itself is refused where it is declared.
        self.records.insert(id, Size { endless: true, ..Size::default() });
        let mut size = Size::most(2);
        let platform = self.platform;
        for column in &platform.schema(id).columns {
            size = size.and(self.of_type(&column.ty)).and(member(&column.name));
        }
        self.records.insert(id, size);
        size
    }

    /// A part that is repeated. Text without a length adds up there.
    fn element(&mut self, ty: &DataType) -> Size {
        let size = self.of_type(ty);
        let text = match ty.base {
            Base::String => longest_text(&ty.refinement).is_none(),
            Base::Bytes => ty.refinement.max_length.is_none(),
            Base::Json => true,
            _ => false,
        };
        Size { endless: size.endless || text, ..size }
    }

    /// The largest value of an expression, where each local has the size given.
    pub fn of(&mut self, expression: &Expression, locals: &[Size]) -> Size {
        match &expression.kind {
            ExpressionKind::None => Size::most(4),
            ExpressionKind::Bool(_) => Size::most(5),
            ExpressionKind::Number(text) => Size::exactly(text.len()),
            ExpressionKind::Text(_) | ExpressionKind::Join(_) | ExpressionKind::Location(..) => {
                self.text(expression, locals).and(Size::most(QUOTES))
            }
            ExpressionKind::Local(id) => local(*id, locals),
            ExpressionKind::Context(_) => Size::most(TOKEN),
            ExpressionKind::List(items) => items
                .iter()
                .fold(Size::most(2), |sum, item| sum.and(self.of(item, locals)).and(Size::most(1))),
            ExpressionKind::Record(fields) => fields
                .iter()
                .fold(Size::most(2), |sum, (name, value)| sum.and(self.of(value, locals)).and(member(name))),
            ExpressionKind::Binary(BinaryOp::Coalesce, a, b) => self.of(a, locals).or(self.of(b, locals)),
            ExpressionKind::SqlText(of) | ExpressionKind::SqlName(of) => {
                self.of(of, locals).times(2).and(Size::most(QUOTES))
            }
            _ => {
                let told = expression.parts().into_iter().any(|part| self.of(part, locals).told);
                Size { told, ..self.of_type(&expression.ty) }
            }
        }
    }

    /// The same as text inside other text, without quotes.
    fn text(&mut self, expression: &Expression, locals: &[Size]) -> Size {
        match &expression.kind {
            ExpressionKind::Text(text) => Size::exactly(escaped(text)),
            ExpressionKind::Join(pieces) => self.texts(pieces, locals),
            ExpressionKind::Location(bucket, key) => {
                let head = self.platform.resource(*bucket).physical.len() + "s3:///".len();
                let known = Size::exactly(head).and(self.texts(key, locals));
                let most = Size::most(PLACE - QUOTES);
                if known.bytes < most.bytes { known } else { Size { told: known.told, ..most } }
            }
            _ => {
                let size = self.of(expression, locals);
                Size { bytes: size.bytes.saturating_sub(QUOTES), ..size }
            }
        }
    }

    fn texts(&mut self, pieces: &[Expression], locals: &[Size]) -> Size {
        pieces.iter().fold(Size::default(), |sum, piece| sum.and(self.text(piece, locals)))
    }
}

fn local(id: LocalId, locals: &[Size]) -> Size {
    locals.get(id.0 as usize).copied().unwrap_or_default()
}

fn member(name: &str) -> Size {
    Size::exactly(escaped(name) + "\"\":,".len())
}

fn repeated(element: Size, refinement: &Refinement) -> Size {
    match refinement.max_length {
        Some(length) => element.and(Size::most(1)).times(length).and(Size::most(2)),
        None => Size { endless: true, ..element },
    }
}

/// The bytes of text in JSON, without its quotes.
fn escaped(text: &str) -> usize {
    text.chars()
        .map(|character| match character {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            character if character.is_control() => 6,
            character => character.len_utf8(),
        })
        .sum()
}

/// The bytes of the longest text of a type, without quotes.
fn longest_text(refinement: &Refinement) -> Option<u64> {
    let choices = refinement.one_of.iter().map(|choice| escaped(choice)).max();
    if let Some(longest) = choices {
        return u64::try_from(longest).ok();
    }
    refinement.max_length.map(|length| length.saturating_mul(CHARACTER))
}

fn base64(octets: u64) -> u64 {
    octets.div_ceil(3).saturating_mul(4).saturating_add(QUOTES)
}

/// Values without parts: their longest spelling in JSON.
fn longest_scalar(base: &Base) -> u64 {
    match base {
        Base::Boolean => 5,
        Base::Int => 11,
        Base::BigInt => 20,
        Base::Double => 25,
        Base::Decimal(digits, _) => u64::from(*digits) + 5,
        Base::Date => 12,
        Base::Timestamp(_) | Base::TimestampLtz(_) => 37,
        Base::Location => PLACE,
        _ => 0,
    }
}
