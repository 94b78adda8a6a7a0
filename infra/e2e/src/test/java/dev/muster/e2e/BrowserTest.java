package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a person does in the page, in a real browser. */
@ExtendWith(SharedProduct.class)
class BrowserTest {
    @TempDir
    Path dir;

    @BeforeEach
    void there_is_a_browser() {
        boolean present = Chrome.binary().isPresent();
        if (System.getenv("CI") != null) {
            assertThat(present)
                    .as("Chromium is installed: apt-get install chromium")
                    .isTrue();
        }
        org.junit.jupiter.api.Assumptions.assumeTrue(present, "no Chromium here: apt-get install chromium");
    }

    @Test
    void signs_in_runs_a_command_types_in_a_shell_and_finds_it_all_again_after_a_reload(Product product)
            throws Exception {
        for (String name : List.of("demo-1", "demo-2", "demo-3")) {
            assertThat(product.admin().online(name)).isNotNull();
        }
        try (Chrome chrome = Chrome.open(dir.resolve("profile"), 1280, 860)) {
            chrome.go(product.signInUrl());
            chrome.await("three nodes are ONLINE", """
                    ['demo-1', 'demo-2', 'demo-3'].every(name => document.querySelector(
                        `[data-testid="node-row"][data-node-name="${name}"][data-status="ONLINE"]`))""");

            chrome.click("[data-testid=\"node-row\"][data-node-name=\"demo-2\"]");
            chrome.click(Chrome.testId("run-command"));
            chrome.type("echo answer-$((6*7))\n");
            chrome.await("its output", visible("answer-42"));

            chrome.click(Chrome.testId("open-shell"));
            chrome.await("the shell takes input", """
                    document.querySelector('[data-testid="terminal"]')?.dataset.state === 'live'
                      && document.querySelector('[data-testid="terminal"]').dataset.typable === 'true'
                      && /[$#] *$/m.test(document.querySelector('.xterm-rows').innerText.trim())""");
            chrome.click(".xterm-screen");
            chrome.type("echo typed-$((7*9)); tty\n");
            chrome.await("what was typed and its output", visible("typed-63"));
            chrome.await("a real terminal", visible("/dev/pts/"));
            screenshot(chrome, "terminal");

            chrome.reload();
            chrome.await("the same terminal after a reload", visible("typed-63"));
            chrome.click(Chrome.testId("tab-history"));
            chrome.await("clean history", """
                    document.querySelector('[data-testid="history"]').innerText.includes('answer-42')""");
            chrome.type("");
            screenshot(chrome, "history");
            assertThat(chrome.problems()).isEmpty();
        }
    }

    @Test
    void a_node_is_created_and_its_join_line_shown(Product product) throws Exception {
        try (Chrome chrome = Chrome.open(dir.resolve("profile"), 420, 900)) {
            signInWithToken(chrome, product);
            chrome.click(Chrome.testId("create-node"));
            chrome.click(Chrome.testId("create-node-name"));
            chrome.type("from-the-page");
            chrome.click(Chrome.testId("create-node-submit"));
            chrome.await("the join line", """
                    document.querySelector('[data-testid="join-line"]').innerText.includes('--join mji_')
                      || document.querySelector('[data-testid="join-line"]').value?.includes('--join mji_')""");
            screenshot(chrome, "join");
            assertThat(chrome.problems()).isEmpty();
        }
    }

    private static String visible(String text) {
        return "document.querySelector('.xterm-rows').innerText.includes('" + text + "')";
    }

    // The link of `up` works once; a browser that comes later signs in with a token.
    private static void signInWithToken(Chrome chrome, Product product) {
        chrome.go(product.origin() + "/");
        chrome.await(
                "the page",
                "!!document.querySelector('" + Chrome.testId("sign-in") + "') || !!document.querySelector('"
                        + Chrome.testId("connection") + "')");
        if (chrome.eval("!!document.querySelector('" + Chrome.testId("sign-in") + "')")
                .asBoolean()) {
            chrome.click(Chrome.testId("token"));
            chrome.type(product.admin().token());
            chrome.click(Chrome.testId("sign-in-button"));
        }
        chrome.await("the feed is live", "!!document.querySelector('" + Chrome.testId("connection") + "')");
    }

    private static void screenshot(Chrome chrome, String name) throws Exception {
        Path target = Path.of("target", "screenshots");
        Files.createDirectories(target);
        chrome.screenshot(target.resolve(name + ".png"));
    }
}
