package dev.muster.cli.node;

import dev.muster.cli.console.CliFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names in a file, one a line. Empty lines and the text after a # are skipped. */
final class NameList {
    private static final int NAMES_MAX = 1_000_000;

    private NameList() {}

    /** @param file {@code -} for standard input */
    static List<String> read(String file, InputStream standardInput) {
        try (InputStream in = file.equals("-") ? standardInput : Files.newInputStream(Path.of(file))) {
            return read(in);
        } catch (NoSuchFileException e) {
            throw new CliFailure("there is no file " + file, e);
        } catch (CharacterCodingException e) {
            throw new CliFailure(file + " is not UTF-8: names are text", e);
        } catch (IOException e) {
            throw new CliFailure("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static List<String> read(InputStream in) throws IOException {
        List<String> names = new ArrayList<>();
        // a decoder made here refuses text that is not UTF-8; the reader's own would replace it
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
        for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
            int comment = line.indexOf('#');
            String name = (comment < 0 ? line : line.substring(0, comment)).strip();
            if (!name.isEmpty()) {
                names.add(name);
            }
            if (names.size() > NAMES_MAX) {
                throw new CliFailure("more than " + NAMES_MAX + " names at once");
            }
        }
        return names;
    }
}
