//! Platforms that look random.

use std::fmt::Write as _;

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Two accounts with encrypted and plain buckets, queues, topics, streams with a query, functions, a pipeline, a crawler, roles that assume each other.
pub fn platform(seed: u64) -> String {
    let mut dice = Dice(seed);
    let mut text = String::from(
        "organization acme {\n  region = \"eu-central-1\"\n  account management { id = \"900000000000\" }\n  account a0 { id = \"100000000000\" }\n  account a1 { id = \"100000000001\" }\n}\n",
    );
    for at in 0..2 {
        writeln!(text, "key k{at} in a{at} {{ }}").unwrap();
    }
    for at in 0..4 {
        let key = if dice.roll(2) == 0 { format!(", encryption = k{}", at % 2) } else { String::new() };
        writeln!(text, "bucket b{at} in a{} {{ name = \"acme-b{at}\" {key} }}", at % 2).unwrap();
    }
    writeln!(text, "topic news in a0 {{ }}\nqueue jobs in a1 {{ }}").unwrap();
    let place = |dice: &mut Dice| {
        let folder =
            ["", " / \"in\"", " / \"in/deep\"", " / \"inner\"", " / \"out/of/it\""][dice.roll(5) as usize];
        format!("b{}{folder}", dice.roll(4))
    };
    for at in 0..3 {
        let (reads, writes) = (place(&mut dice), place(&mut dice));
        let kind = ["lambda", "glue_job"][dice.roll(2) as usize];
        writeln!(text, "function f{at}(x: string) in a0 = {kind}(\"f-{at}\") {{ reads = [{reads}], writes = [{writes}] }}").unwrap();
    }
    writeln!(
        text,
        "pipeline p(x: string) in a0 {{\n  f{}(x)\n  f{}(x)\n  publish(news, message = x)\n}}",
        dice.roll(2),
        dice.roll(3)
    )
    .unwrap();
    writeln!(text, "domain d in a0 {{ owner = R0, location = b0 / \"lake\" }}").unwrap();
    let targets = format!("{}, {}", place(&mut dice), place(&mut dice));
    writeln!(text, "crawler c in a0 {{ targets = [{targets}], domain = d }}").unwrap();
    for at in 0..6_u64 {
        let trust = match dice.roll(3) {
            0 if at > 0 => format!("R{}", dice.roll(at)),
            1 => "service lambda".to_owned(),
            _ => "a0, a1".to_owned(),
        };
        writeln!(text, "role R{at} in a{} {{ trust = [{trust}] }}", dice.roll(2)).unwrap();
    }
    let mut granted = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let to = ["R0", "R1", "R2", "R3", "R4", "R5", "p", "f0", "c"][dice.roll(9) as usize];
        let sentence = match dice.roll(5) {
            0 => format!("grant publish on news to {to}"),
            1 => format!("grant send on jobs to {to}"),
            _ => {
                let what = ["read", "write", "list", "delete"][dice.roll(4) as usize];
                format!("grant {what} on {} to {to}", place(&mut dice))
            }
        };
        if granted.insert(sentence.clone()) {
            writeln!(text, "{sentence}").unwrap();
        }
    }
    for _ in 0..2 {
        writeln!(text, "deny delete on b{} / \"in/never\" to R{}", dice.roll(4), dice.roll(6)).unwrap();
    }
    text
}
