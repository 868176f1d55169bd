//! Requests to resources, as `stdlib/cloudformation/` and `stdlib/terraform/` say: a request makes a resource (`type`), or adds to one that an earlier one made (`into`).

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};

use super::{Form, mark};
use crate::{
    artifact::Artifact,
    library::Call as Mapping,
    lower::{self, Call, Given, Script},
    platform::{AccountId, Platform},
    source::Span,
    syntax::ast::Expr,
};

/// A resource of a template or a root.
#[derive(Debug)]
pub struct Resource<'a> {
    /// Its account.
    pub account: AccountId,
    /// The account in which it is made, which is another where this root acts elsewhere.
    pub acts_in: AccountId,
    /// Its name in the template.
    pub logical: String,
    /// `AWS::S3::Bucket`, `aws_s3_bucket`.
    pub ty: String,
    /// The template of its own in which it stands, where it is not among the others.
    pub apart: Option<String>,
    /// Whether it exists already and is only looked up.
    pub looked_up: bool,
    /// Whether it stays when it is taken out of the template: it holds data.
    pub keeps: bool,
    /// Its properties.
    pub properties: Json,
    /// What others know it by: its ARN, mostly.
    pub makes: Vec<String>,
    /// What it belongs to: who needs that needs it too.
    pub joins: Vec<String>,
    /// What must be there before, beside what its properties name.
    pub needs: Vec<String>,
    /// The template's parameters that its properties refer to.
    pub parameters: BTreeSet<String>,
    /// Resources of the same template that its properties refer to, by index.
    pub refers: BTreeSet<usize>,
    /// What is made by a call that no template makes, and that others wait for: the index of its file among those left, and its id. It stands in no
    /// template.
    pub by_call: Option<(usize, String)>,
    /// The declaration that it comes from.
    pub declaration: &'a str,
    /// Where that stands.
    pub span: Span,
}

/// Calls that no template makes.
#[derive(Debug)]
pub struct Left<'a> {
    /// Their file.
    pub file: &'a Artifact,
    /// Their ids.
    pub calls: Vec<String>,
    /// Those of them that must be made before the stacks.
    pub before: Vec<String>,
    /// What they call, each once.
    pub operations: BTreeSet<String>,
    /// Parts of results that they refer to, by the call's id, and that no call answers, since a resource stands for it.
    pub answers: Vec<(String, String, Answer)>,
}

/// Who knows a part of a result.
#[derive(Debug)]
pub enum Answer {
    /// It follows from the program, or is the answer to a question.
    Known(Json),
    /// A resource, by index: an attribute of it, or what it is known by.
    Of(usize, Option<String>),
}

/// What a template's parameter is: a part of the answer to a question, whose own parameters stand in it as `{"Ref": …}`.
#[derive(Clone, Debug)]
pub struct Question {
    /// `organizations`
    pub service: String,
    /// `ListRoots`
    pub operation: String,
    /// The request.
    pub input: Json,
    /// Where the answer has it.
    pub path: String,
}

impl Mapped<'_> {
    /// The calls that something in the templates waits for, by index: they are made between stacks, and all others behind them.
    pub fn awaited(&self, needs: &[BTreeSet<usize>]) -> BTreeSet<usize> {
        let by_call = |at: usize| self.resources.get(at).is_some_and(|it| it.by_call.is_some());
        let mut awaited = BTreeSet::new();
        let mut open: Vec<usize> = (0..needs.len()).filter(|at| !by_call(*at)).collect();
        while let Some(at) = open.pop() {
            let calls = needs.get(at).into_iter().flatten().copied().filter(|need| by_call(*need));
            open.extend(calls.filter(|need| awaited.insert(*need)));
        }
        awaited
    }
}

/// All resources, in the order of the calls.
#[derive(Debug, Default)]
pub struct Mapped<'a> {
    /// Each with an index by which others name it.
    pub resources: Vec<Resource<'a>>,
    /// By the parameter's name, with the account whose it is.
    pub questions: BTreeMap<(AccountId, String), Question>,
    /// What nothing stands for.
    pub left: Vec<Left<'a>>,
}

/// The parts of earlier results in a call that nothing makes, of which a resource or the program knows.
fn answers(call: &Call, results: &Results<'_>) -> Vec<(String, Answer)> {
    let paths = mark::all(&mark::set(&call.input)).into_iter();
    let known = paths.filter_map(|path| {
        let (result, part) = find(results, &path)?;
        let answer = match (result.known.get(part), result.resource, result.attributes.get(part)) {
            (Some(known), ..) => Answer::Known(known.clone()),
            (None, Some(at), Some(attribute)) => Answer::Of(at, Some(attribute.clone())),
            (None, Some(at), None) if result.whole.iter().any(|it| it == part) => Answer::Of(at, None),
            _ => return None,
        };
        Some((mark::parted(&path).0.to_owned(), answer))
    });
    known.collect()
}

/// What a call's result offers to later ones.
#[derive(Default)]
struct Result {
    /// The resource; a question makes none.
    resource: Option<usize>,
    /// Parts whose text is known already.
    known: Map<String, Json>,
    /// Parts that the resource's name stands for.
    whole: Vec<String>,
    /// Parts that attributes of it stand for, with their names.
    attributes: BTreeMap<String, String>,
}

/// What may be referred to by the calls of one file.
struct Results<'a> {
    /// Results of its own calls, by id.
    own: BTreeMap<&'a str, Result>,
    /// Those of other files.
    others: FxHashMap<String, Result>,
}

impl Results<'_> {
    fn get(&self, id: &str) -> Option<&Result> {
        self.own.get(id).or_else(|| self.others.get(id))
    }
}

/// Maps every call.
pub fn map<'a>(platform: &Platform, form: Form, scripts: &'a [(&'a Artifact, Script)]) -> Mapped<'a> {
    let mut mapper = Mapper {
        form,
        platform,
        accounts: (0..)
            .map(AccountId)
            .zip(&platform.accounts)
            .map(|(id, it)| (it.id.to_string(), id))
            .collect(),
        mapped: Mapped::default(),
        made: FxHashMap::default(),
        logical: BTreeSet::new(),
        named: named_files(scripts),
        kept: FxHashMap::default(),
    };
    for (file, script) in scripts {
        mapper.script(file, script);
    }
    mapper.mapped
}

struct Mapper<'p, 'a> {
    form: Form,
    platform: &'p Platform,
    accounts: FxHashMap<String, AccountId>,
    mapped: Mapped<'a>,
    /// Resources by account and what they make.
    made: FxHashMap<(AccountId, String), usize>,
    logical: BTreeSet<(AccountId, String)>,
    /// The files whose results other files name.
    named: BTreeSet<&'a str>,
    /// These results, by file and id.
    kept: FxHashMap<String, Result>,
}

/// The files whose results others name.
fn named_files<'a>(scripts: &'a [(&'a Artifact, Script)]) -> BTreeSet<&'a str> {
    let mut named = BTreeSet::new();
    for (_, script) in scripts.iter().filter(|(file, _)| file.text.contains("\"$in\"")) {
        let inputs = script.calls.iter().map(|call| &call.input);
        inputs.for_each(|input| mark::files(input, &mut |file| _ = named.insert(file)));
    }
    named
}

impl<'a> Mapper<'_, 'a> {
    fn script(&mut self, file: &'a Artifact, script: &'a Script) {
        let mut results = Results { own: BTreeMap::new(), others: std::mem::take(&mut self.kept) };
        let mut left = Left {
            file,
            calls: Vec::new(),
            before: Vec::new(),
            operations: BTreeSet::new(),
            answers: Vec::new(),
        };
        for call in &script.calls {
            if self.call(file, call, &mut results).is_none() {
                if self.before(call) {
                    left.before.push(call.id.clone());
                } else {
                    self.by_call(file, call);
                    left.calls.push(call.id.clone());
                }
                left.operations.insert(format!("{}.{}", call.service, call.operation));
                let known = answers(call, &results).into_iter();
                left.answers.extend(known.map(|(path, it)| (call.id.clone(), path, it)));
            }
        }
        if !left.operations.is_empty() {
            self.mapped.left.push(left);
        }
        self.kept = results.others;
        if self.named.contains(file.path.as_str()) {
            let own = results.own.into_iter();
            self.kept.extend(own.map(|(id, result)| (mark::key(&file.path, id), result)));
        }
    }

    /// Adds what a call becomes; nothing where none stands for it.
    fn call(&mut self, file: &'a Artifact, call: &'a Call, results: &mut Results<'a>) -> Option<()> {
        let account = *self.accounts.get(&call.account)?;
        let input = with_known(&call.input, results);
        let refers = self.referred(&input, results)?;
        let platform = self.platform;
        let mut given = given(platform, account, input)?;
        let template = Template { platform, account, given: &given, part: None };
        let key = (call.service.as_str().into(), call.operation.as_str().into());
        let mappings = self.form.mappings(&self.platform.library).get(&key)?;
        let mut mappings = mappings
            .iter()
            .filter(|it| it.only_if.as_ref().is_none_or(|condition| template.holds(condition)))
            .collect::<Vec<_>>()
            .into_iter();
        let first = mappings.next()?;
        let elsewhere = first.input.iter().any(|(name, _)| name == "elsewhere");
        let own = |at: &usize| self.mapped.resources.get(*at).is_some_and(|it| it.account == account);
        if !elsewhere && !refers.iter().all(own) {
            return None;
        }
        if let Some(result) = self.mapping(file, call, (first, &template), &refers, results)? {
            results.own.insert(&call.id, result);
        }
        if self.form == Form::CloudFormation {
            return Some(());
        }
        // Terraform divides what one request makes.
        let mappings: Vec<&Mapping> = mappings.collect();
        if mappings.is_empty() {
            return Some(());
        }
        given.insert("made".into(), mark::of(&format!("{}.made", call.id)).into());
        let template = Template { platform, account, given: &given, part: None };
        for mapping in mappings {
            let mut refers = refers.clone();
            refers.extend(results.get(&call.id).and_then(|it| it.resource));
            self.mapping(file, call, (mapping, &template), &refers, results)?;
        }
        Some(())
    }

    /// What one mapping makes of a call.
    fn mapping(
        &mut self,
        file: &'a Artifact,
        call: &Call,
        (mapping, template): (&Mapping, &Template<'_>),
        refers: &BTreeSet<usize>,
        results: &Results<'_>,
    ) -> Option<Option<Result>> {
        if let Some(Json::Object(asked)) = template.json(mapping, "asks") {
            let input = template.given.get("request").cloned().unwrap_or_default();
            return Some(Some(self.ask(template.account, call, &input, asked)));
        }
        if let Some(Json::Array(items)) = template.json(mapping, "each") {
            for item in &items {
                let part = part(item);
                let template = Template { part: Some(&part), ..*template };
                self.resource(file, call, (mapping, &template), refers.clone(), results)?;
            }
            return Some(None);
        }
        if mapping.input.iter().all(|(name, _)| name == "known" || name == "elsewhere") {
            // A question whose answer is known.
            let known = template.json(mapping, "known").and_then(|it| it.as_object().cloned());
            return Some(Some(Result { known: known?, ..Result::default() }));
        }
        self.resource(file, call, (mapping, template), refers.clone(), results)
    }

    /// The resource that a mapping says, or what it adds to another.
    fn resource(
        &mut self,
        file: &'a Artifact,
        call: &Call,
        (mapping, template): (&Mapping, &Template<'_>),
        mut refers: BTreeSet<usize>,
        results: &Results<'_>,
    ) -> Option<Option<Result>> {
        let account = template.account;
        let given = self.form.literal(template.json(mapping, "properties").unwrap_or_else(|| json!({})));
        let properties =
            mark::resolve(given, &|path| self.stands(results, path), &|pieces| self.form.joined(pieces));
        if let Some(into) = template.json(mapping, "into") {
            let into = into.as_str()?;
            let at = match mark::only(into) {
                Some(path) => find(results, path)?.0.resource?,
                None => *self.made.get(&(account, into.to_owned()))?,
            };
            refers.remove(&at);
            let resource = self.mapped.resources.get_mut(at)?;
            resource.parameters.extend(parameters(&self.mapped.questions, account, &properties));
            merge(&mut resource.properties, properties);
            resource.refers.extend(refers);
            return Some(None);
        }
        let makes = template.texts(mapping, "makes");
        if let Some(at) = makes.first().and_then(|it| self.made.get(&(account, it.clone()))) {
            // What several declarations share is made once. Another thing of the same name is none that a template could make.
            let same = self.mapped.resources.get(*at)?.properties == properties;
            return same.then(|| Some(self.result(*at, template, mapping)));
        }
        // What acts in another account on what this one made stands beside that.
        let of =
            refers.first().and_then(|at| self.mapped.resources.get(*at)).map_or(account, |it| it.account);
        let resource = Resource {
            account: of,
            acts_in: account,
            logical: self.logical(of, file, &call.id),
            apart: template.json(mapping, "apart").and_then(|it| it.as_str().map(str::to_owned)),
            looked_up: template.json(mapping, "looked_up") == Some(Json::Bool(true)),
            joins: template.texts(mapping, "joins"),
            ty: template.json(mapping, "type")?.as_str()?.to_owned(),
            keeps: template.json(mapping, "keeps") == Some(Json::Bool(true)),
            parameters: parameters(&self.mapped.questions, account, &properties),
            properties,
            makes,
            needs: template.texts(mapping, "needs"),
            refers,
            by_call: None,
            declaration: &file.declaration,
            span: file.source,
        };
        Some(Some(self.add(resource, template, mapping)))
    }

    /// Adds a resource; returns what it offers.
    fn add(&mut self, resource: Resource<'a>, template: &Template<'_>, mapping: &Mapping) -> Result {
        let at = self.mapped.resources.len();
        for text in &resource.makes {
            self.made.insert((resource.account, text.clone()), at);
        }
        self.mapped.resources.push(resource);
        self.result(at, template, mapping)
    }

    /// What a resource offers to later calls.
    fn result(&self, at: usize, template: &Template<'_>, mapping: &Mapping) -> Result {
        let known = match template.json(mapping, "known") {
            Some(Json::Object(known)) => known,
            _ => Map::new(),
        };
        let attributes = match template.json(mapping, "attributes") {
            Some(Json::Object(named)) => {
                let named = named.into_iter();
                named.filter_map(|(part, name)| Some((part, name.as_str()?.to_owned()))).collect()
            }
            // `Fn::GetAtt` knows members by their names alone.
            Some(listed) => {
                let parts = flat(&listed).into_iter();
                parts.map(|it| (it.clone(), it.rsplit('.').next().unwrap_or_default().to_owned())).collect()
            }
            None => BTreeMap::new(),
        };
        Result { resource: Some(at), known, whole: template.texts(mapping, "refers"), attributes }
    }

    /// The resources that a request refers to; nothing where one of them has no such part.
    fn referred(&self, input: &Json, results: &Results<'_>) -> Option<BTreeSet<usize>> {
        let mut refers = BTreeSet::new();
        for path in mark::all(input) {
            let (result, part) = find(results, &path)?;
            let offered = result.whole.iter().chain(result.attributes.keys()).any(|it| it == part);
            let at = result.resource?;
            if !offered {
                return None;
            }
            refers.insert(at);
        }
        Some(refers)
    }

    /// Notes what a call makes that no template makes, where it is said: others may have to wait for it.
    fn by_call(&mut self, file: &'a Artifact, call: &Call) {
        let platform = self.platform;
        let Some(&account) = self.accounts.get(&call.account) else { return };
        let Some(given) = given(platform, account, call.input.clone()) else { return };
        let template = Template { platform, account, given: &given, part: None };
        let key = (call.service.as_str().into(), call.operation.as_str().into());
        let mappings = self.form.mappings(&platform.library).get(&key).into_iter().flatten();
        let said = mappings.map(|it| (template.texts(it, "makes"), template.texts(it, "needs")));
        let Some((makes, needs)) = said.into_iter().find(|(makes, _)| !makes.is_empty()) else { return };
        self.mapped.resources.push(Resource {
            account,
            acts_in: account,
            logical: String::new(),
            ty: String::new(),
            apart: Some(format!("call.{}.{}", file.path, call.id)),
            looked_up: false,
            keeps: false,
            properties: Json::Null,
            makes,
            joins: Vec::new(),
            needs,
            parameters: BTreeSet::new(),
            refers: BTreeSet::new(),
            by_call: Some((self.mapped.left.len(), call.id.clone())),
            declaration: &file.declaration,
            span: file.source,
        });
    }

    /// Whether a call that no template makes must be made before the stacks.
    fn before(&self, call: &Call) -> bool {
        let key = (call.service.as_str().into(), call.operation.as_str().into());
        let mappings = self.form.mappings(&self.platform.library).get(&key).into_iter().flatten();
        mappings.flat_map(|it| &it.input).any(|(name, _)| name == "before")
    }

    /// A question's answers are parameters.
    fn ask(&mut self, account: AccountId, call: &Call, input: &Json, asked: Map<String, Json>) -> Result {
        let mut known = Map::new();
        for (path, name) in asked {
            let words = name.as_str().unwrap_or_default().split(|it: char| !it.is_ascii_alphanumeric());
            let base: String = words.map(capital).collect();
            let question = Question {
                service: call.service.clone(),
                operation: call.operation.clone(),
                input: input.clone(),
                path: path.clone(),
            };
            let mut name = base.clone();
            let mut count = 1;
            // The same question is asked once.
            while self.mapped.questions.get(&(account, name.clone())).is_some_and(|it| it.input != *input) {
                count += 1;
                name = format!("{base}{count}");
            }
            self.logical.insert((account, name.clone()));
            self.mapped.questions.insert((account, name.clone()), question);
            known.insert(path, json!({ "Ref": name }));
        }
        Result { known, ..Result::default() }
    }

    /// What stands for a part of an earlier result.
    fn stands(&self, results: &Results<'_>, path: &str) -> Json {
        let Some((result, part)) = find(results, path) else { return Json::Null };
        let Some(resource) = result.resource.and_then(|at| self.mapped.resources.get(at)) else {
            return Json::Null;
        };
        let attribute = result.attributes.get(part).map(String::as_str);
        self.form.refer(resource, attribute, mark::parted(path).1)
    }

    /// A name in the template: letters and digits of the file's and the call's, with a number where another has it.
    fn logical(&mut self, account: AccountId, file: &Artifact, id: &str) -> String {
        let below = file.path.split_once('/').map_or(file.path.as_str(), |(_, below)| below);
        let stem = below.trim_end_matches(".calls.json");
        let stem = if stem == "iam/roles" { "role" } else { stem };
        let base = self.form.name(&format!("{stem}.{id}"));
        // A logical id has 255 characters at most; a number needs room.
        let base: String = base.chars().take(245).collect();
        let mut name = base.clone();
        let mut count = 1;
        while !self.logical.insert((account, name.clone())) {
            count += 1;
            name = format!("{base}{count}");
        }
        name
    }
}

/// The parameters that properties refer to, and those that these take.
fn parameters(
    questions: &BTreeMap<(AccountId, String), Question>,
    account: AccountId,
    value: &Json,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Json::Object(members) => {
                if let Some(Json::String(name)) = members.get("Ref")
                    && let Some(question) = questions.get(&(account, name.clone()))
                    && found.insert(name.clone())
                {
                    open.push(&question.input);
                }
                open.extend(members.values());
            }
            Json::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// A word with a large first letter.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// A request with its references as marks, but for the parts of results that are known: whoever is named by them is found so.
fn with_known(input: &Json, results: &Results<'_>) -> Json {
    let known = |path: &str| {
        let known = find(results, path).and_then(|(result, part)| result.known.get(part));
        known.cloned().unwrap_or_else(|| Json::from(mark::of(path)))
    };
    // No part of a text is known but as text.
    mark::resolve(mark::set(input), &known, &|pieces| json!({ "Fn::Join": ["", pieces] }))
}

/// The result that a path is of, and the part of it. Ids have dots in them, and so the longest that fits is meant.
fn find<'r, 'p>(results: &'r Results<'_>, path: &'p str) -> Option<(&'r Result, &'p str)> {
    let (path, _) = mark::parted(path);
    let dots = path.rmatch_indices('.');
    dots.into_iter().find_map(|(at, _)| Some((results.get(path.get(..at)?)?, path.get(at + 1..)?)))
}

/// Adds members; lists grow.
fn merge(into: &mut Json, more: Json) {
    match (into, more) {
        (Json::Object(into), Json::Object(more)) => {
            for (name, value) in more {
                match into.get_mut(&name) {
                    Some(there) => merge(there, value),
                    None => {
                        into.insert(name, value);
                    }
                }
            }
        }
        (Json::Array(into), Json::Array(more)) => into.extend(more),
        (into, more) => *into = more,
    }
}

/// Where the templates of one call are computed.
struct Template<'t> {
    platform: &'t Platform,
    account: AccountId,
    /// The request's members and what stands beside them.
    given: &'t Map<String, Json>,
    /// Those of one of its parts, which go before the request's.
    part: Option<&'t Map<String, Json>>,
}

/// The members of a request, with the words that stand beside them.
fn given(platform: &Platform, account: AccountId, input: Json) -> Option<Map<String, Json>> {
    let of = platform.account(account);
    let request = input.clone();
    let Json::Object(mut given) = input else { return None };
    given.insert("request".into(), request);
    given.insert("account".into(), json!(of.id));
    given.insert("region".into(), json!(of.region));
    given.insert("partition".into(), json!(platform.project.partition()));
    Some(given)
}

/// The members of one of a request's parts; a text is `item`.
fn part(item: &Json) -> Map<String, Json> {
    let mut part = item.as_object().cloned().unwrap_or_default();
    part.entry("item").or_insert_with(|| item.clone());
    part
}

impl Template<'_> {
    fn names(&self) -> Given<'_> {
        Given { part: self.part, whole: self.given }
    }

    fn holds(&self, condition: &Expr) -> bool {
        let account = self.platform.account(self.account).resource;
        lower::holds_of_request(self.platform, account, self.names(), condition)
    }

    fn json(&self, mapping: &Mapping, member: &str) -> Option<Json> {
        let (_, expression) = mapping.input.iter().find(|(name, _)| name == member)?;
        let account = self.platform.account(self.account).resource;
        lower::of_request(self.platform, account, self.names(), expression)
    }

    fn texts(&self, mapping: &Mapping, member: &str) -> Vec<String> {
        match self.json(mapping, member) {
            Some(items) => flat(&items),
            _ => Vec::new(),
        }
    }
}

/// The texts of a list, and of lists in it.
fn flat(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text.clone()],
        Json::Array(items) => items.iter().flat_map(flat).collect(),
        _ => Vec::new(),
    }
}
