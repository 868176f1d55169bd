//! What a data mesh costs: `check` and `build` of 200 domains with 25 tables each, in 20 accounts, half of the tables with contracts, each granted
//! to a role of another account and one in five shared; and of half and twice as many, so that a quadratic stage shows.
//!
//! `cargo bench --bench mesh` writes the program to a temporary folder, runs the release binary on it, and prints the seconds by the clock.
//! Arguments: the numbers of domains (`-- 200`). The target: 200 domains and 5,000 tables in about a second.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made stops")]

use std::{fmt::Write as _, fs, path::Path, process::Command, time::Instant};

const TABLES: usize = 25;
const ACCOUNTS: usize = 20;

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100, 200, 400] } else { sizes };
    println!("{:>8} {:>7} {:>8} {:>8} {:>10}", "domains", "tables", "check s", "build s", "ms a table");
    for domains in sizes {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("src");
        write_mesh(&source, domains);
        let check = seconds(&["check", source.to_str().unwrap()]);
        let out = folder.path().join("out");
        let build = seconds(&["build", source.to_str().unwrap(), "-o", out.to_str().unwrap()]);
        let tables = domains * TABLES;
        println!(
            "{domains:>8} {tables:>7} {check:>8.2} {build:>8.2} {:>10.3}",
            build * 1000.0 / tables as f64
        );
    }
}

fn seconds(arguments: &[&str]) -> f64 {
    let started = Instant::now();
    let done = Command::new(env!("CARGO_BIN_EXE_dpl")).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    started.elapsed().as_secs_f64()
}

/// One module for the accounts, one for each domain, and one that says who reads what: domains that read each other's tables can't use each other.
fn write_mesh(folder: &Path, domains: usize) {
    fs::create_dir_all(folder).unwrap();
    let mut accounts = String::from("organization mesh {\n  region = \"eu-central-1\"\n");
    for account in 0..ACCOUNTS {
        writeln!(accounts, "  account a{account} {{ id = \"{:012}\" }}", 100_000_000_000 + account).unwrap();
    }
    accounts.push_str("}\n");
    for account in 0..ACCOUNTS {
        writeln!(accounts, "bucket lake{account} in a{account} {{ name = \"mesh-lake-{account}\" }}")
            .unwrap();
    }
    for domain in 0..domains {
        let account = domain % ACCOUNTS;
        writeln!(accounts, "role Owner{domain} in a{account} {{ trust = [a{account}], clearance = [pii] }}")
            .unwrap();
    }
    fs::write(folder.join("accounts.dpl"), accounts).unwrap();
    for domain in 0..domains {
        fs::write(folder.join(format!("d{domain}.dpl")), module(domain)).unwrap();
    }
    fs::write(folder.join("reads.dpl"), reads(domains)).unwrap();
}

fn module(domain: usize) -> String {
    let account = domain % ACCOUNTS;
    let mut text = format!(
        "use accounts\n\ndomain domain{domain} in a{account} {{\n  owner    = Owner{domain}\n  \
         location = lake{account} / \"domain{domain}\"\n"
    );
    for table in 0..TABLES {
        writeln!(
            text,
            "\n  /// Table {table}.\n  table t{table} {{\n    id      : string length 1..40 key\n    email   : string? @pii\n    \
             country : string one of [\"DE\", \"AT\", \"CH\"]\n    amount  : decimal(12, 2) in 0..100000\n    at      : timestamp_ltz(3)\n    \
             day     : date\n\n    partition = [day]"
        )
        .unwrap();
        if table % 2 == 0 {
            text.push_str(
                "    contract { version = \"1.0.0\", freshness = 24h, fresh_by = at, volume = 1 }\n",
            );
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

/// Each domain's tables are granted to the next one's owner, and some are shared with it.
fn reads(domains: usize) -> String {
    let mut text = String::from("use accounts\n");
    for domain in 0..domains {
        writeln!(text, "use d{domain}.{{domain{domain}}}").unwrap();
    }
    text.push('\n');
    for domain in 0..domains {
        let reader = (domain + 1) % domains;
        for table in 0..TABLES {
            writeln!(text, "grant select(id, country), describe on domain{domain}.t{table} to Owner{reader}")
                .unwrap();
            if table % 5 == 0 {
                writeln!(text, "share domain{domain}.t{table} with domain{reader} as from{domain}_t{table}")
                    .unwrap();
            }
        }
    }
    text
}
