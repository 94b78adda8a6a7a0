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

    @Test
    void pasted_text_cannot_leave_bracketed_paste_whichever_way_it_comes(Product product) throws Exception {
        Path ran = dir.resolve("ran");
        String attack = "echo harmless\u001b[201~\recho x > " + ran + "\r";
        try (Chrome chrome = Chrome.open(dir.resolve("profile"), 1280, 860)) {
            openShell(chrome, product, "demo-1");
            chrome.click(".xterm-screen");
            chrome.paste(attack);
            chrome.await("the paste, with its escape as a picture", visible("harmless\u241b[201~"));
            interrupt(chrome, 1);
            String text =
                    Api.JSON.valueToTree(attack.replace("harmless", "dropped")).toString();
            chrome.eval("""
                    (() => {
                      const data = new DataTransfer();
                      data.setData('text/plain', %s);
                      document.querySelector('.xterm-helper-textarea').dispatchEvent(
                          new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
                    })()""".formatted(text));
            chrome.await("the drop", visible("dropped\u241b[201~"));
            interrupt(chrome, 2);
            chrome.eval("""
                    document.querySelector('.xterm-helper-textarea').dispatchEvent(new InputEvent('beforeinput', {
                      inputType: 'insertText', data: %s, bubbles: true, cancelable: true}))""".formatted(text.replace("dropped", "phoned")));
            chrome.await("what a phone inserts", visible("phoned\u241b[201~"));
            interrupt(chrome, 3);
            chrome.type("echo at-the-$((1+1))nd-prompt\n");
            chrome.await("the shell goes on", visible("at-the-2nd-prompt"));
            assertThat(ran).doesNotExist();
            assertThat(chrome.problems()).isEmpty();
        }
    }

    @Test
    void several_lines_for_a_program_that_takes_them_as_typed_are_confirmed_first(Product product) throws Exception {
        try (Chrome chrome = Chrome.open(dir.resolve("profile"), 1280, 860)) {
            openShell(chrome, product, "demo-1");
            chrome.click(".xterm-screen");
            chrome.type("printf '\\033[?2004l'; echo took-$((5*5)); cat\n");
            chrome.await("a program without bracketed paste", visible("took-25"));
            chrome.paste("first\nsecond\n");
            chrome.await("the question", "!!document.querySelector('" + Chrome.testId("paste-dialog") + "')");
            assertThat(chrome.eval("document.querySelector('.xterm-rows').innerText")
                            .asText())
                    .doesNotContain("second");
            chrome.click(Chrome.testId("paste-confirm"));
            chrome.await("the lines", visible("second"));
        }
    }

    @Test
    void what_is_typed_while_a_shell_opens_reaches_it_and_a_key_leaves_it(Product product) throws Exception {
        try (Chrome chrome = Chrome.open(dir.resolve("profile"), 1280, 860)) {
            signInWithToken(chrome, product);
            chrome.click("[data-testid=\"node-row\"][data-node-name=\"demo-3\"][data-status=\"ONLINE\"]");
            chrome.click(Chrome.testId("open-shell"));
            chrome.typeKeys("echo early-$((6*7))\n");
            chrome.await("what was typed early", visible("early-42"));
            chrome.click(".xterm-screen");
            chrome.press("L", "KeyL", 76, 2 | 8);
            assertThat(chrome.eval("document.activeElement.dataset.testid").asText())
                    .isEqualTo("tab-terminal");
        }
    }

    @Test
    void a_frozen_server_is_reported_and_a_command_that_got_no_answer_is_sent_again_once(Product product)
            throws Exception {
        try (Chrome chrome = Chrome.open(dir.resolve("profile"), 1280, 860)) {
            signInWithToken(chrome, product);
            chrome.await("live", state("live"));
            chrome.click("[data-testid=\"node-row\"][data-node-name=\"demo-2\"][data-status=\"ONLINE\"]");
            signal("STOP", product);
            try {
                chrome.await("no sign of the server", """
                        document.querySelector('[data-testid="connection"]').dataset.state !== 'live'
                          && document.querySelector('[data-testid="connection-banner"]').innerText.includes('ou see is from')
                          && !!document.querySelector('.app.blind')""");
                screenshot(chrome, "silent");
                chrome.click(Chrome.testId("run-command"));
                chrome.type("echo once-$((3*4))");
                chrome.click(Chrome.testId("run-button"));
                chrome.await("no answer", "!!document.querySelector('" + Chrome.testId("run-again") + "')");
                screenshot(chrome, "unanswered");
            } finally {
                signal("CONT", product);
            }
            chrome.await("live again", state("live"));
            chrome.click(Chrome.testId("run-again"));
            chrome.await("its output", visible("once-12"));
            chrome.await("one task", """
                    [...document.querySelectorAll('[data-testid="task-row"] .task-title')]
                        .filter(title => title.innerText.includes('once-')).length === 1""");
        }
    }

    @Test
    void a_session_that_ends_asks_for_a_sign_in_over_the_page_and_keeps_what_was_typed(Product product)
            throws Exception {
        try (Chrome chrome = Chrome.open(dir.resolve("profile"), 1280, 860)) {
            signInWithToken(chrome, product);
            chrome.click("[data-testid=\"node-row\"][data-node-name=\"demo-1\"][data-status=\"ONLINE\"]");
            chrome.click(Chrome.testId("run-command"));
            chrome.type("echo kept-$((2*4))");
            chrome.clearCookies();
            chrome.click(Chrome.testId("run-button"));
            String dialog = Chrome.testId("sign-in-again");
            chrome.await("the dialog", "!!document.querySelector('" + dialog + "[open]')");
            screenshot(chrome, "sign-in-again");
            chrome.click(dialog + " " + Chrome.testId("token"));
            chrome.type(product.admin().token());
            chrome.click(dialog + " " + Chrome.testId("sign-in-button"));
            chrome.await("signed in", "!document.querySelector('" + dialog + "')");
            chrome.await("live", state("live"));
            assertThat(chrome.eval("document.querySelector('" + Chrome.testId("run-command") + "').value")
                            .asText())
                    .isEqualTo("echo kept-$((2*4))");
            chrome.click(Chrome.testId("run-again"));
            chrome.await("its output", visible("kept-8"));
        }
    }

    @Test
    void the_map_takes_new_colours_at_once_and_the_address_keeps_the_filters_over_a_reload(Product product)
            throws Exception {
        try (Chrome chrome = Chrome.open(dir.resolve("profile"), 1280, 860)) {
            signInWithToken(chrome, product);
            chrome.await("a node", "!!document.querySelector('" + Chrome.testId("node-row") + "')");
            String cell = "[...document.querySelector('canvas').getContext('2d').getImageData(5, 5, 1, 1).data].join()";
            chrome.await("a cell", "!" + cell + ".endsWith(',0')");
            String before = chrome.eval(cell).asText();
            chrome.click(Chrome.testId("theme"));
            String changed =
                    chrome.eval("document.documentElement.dataset.theme ?? ''").asText();
            assertThat(changed).isNotEmpty();
            chrome.await("other colours", cell + " !== '" + before + "'");

            chrome.click(Chrome.testId("filter-ONLINE"));
            chrome.click(Chrome.testId("node-search"));
            chrome.type("demo-2");
            chrome.await(
                    "the address", "location.hash.includes('q=demo-2') && location.hash.includes('status=ONLINE')");
            chrome.reload();
            chrome.await("the same list", """
                    document.querySelector('[data-testid="node-search"]')?.value === 'demo-2'
                      && document.querySelectorAll('[data-testid="node-row"]').length === 1
                      && document.title === 'Fleet · Muster'""");
        }
    }

    // bracketed paste is off between two prompts, and several lines would be asked about
    private static void interrupt(Chrome chrome, int times) {
        chrome.press("c", "KeyC", 67, 2);
        chrome.await("the next prompt", """
                (rows => rows.split('^C').length > %d && /[$#] *$/.test(rows.trim()))(
                    document.querySelector('.xterm-rows').innerText)""".formatted(times));
    }

    private static String state(String wanted) {
        return "document.querySelector('" + Chrome.testId("connection") + "').dataset.state === '" + wanted + "'";
    }

    private static void signal(String name, Product product) throws Exception {
        int code = new ProcessBuilder(
                        "kill", "-" + name, Long.toString(product.handle().pid()))
                .start()
                .waitFor();
        assertThat(code).isZero();
    }

    private static void openShell(Chrome chrome, Product product, String node) {
        signInWithToken(chrome, product);
        chrome.click("[data-testid=\"node-row\"][data-node-name=\"" + node + "\"][data-status=\"ONLINE\"]");
        chrome.click(Chrome.testId("open-shell"));
        chrome.await("the shell takes input", """
                document.querySelector('[data-testid="terminal"]')?.dataset.state === 'live'
                  && document.querySelector('[data-testid="terminal"]').dataset.typable === 'true'
                  && /[$#] *$/m.test(document.querySelector('.xterm-rows').innerText.trim())""");
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
