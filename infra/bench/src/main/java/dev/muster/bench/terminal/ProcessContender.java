package dev.muster.bench.terminal;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Another language's tool in a process that stays: it reads {@code chunkBytes file} lines, keeps the files in memory,
 * and answers each with the CPU nanoseconds of one pass.
 */
final class ProcessContender implements Contender {

    private final String name;
    private final Process process;
    private final BufferedWriter requests;
    private final BufferedReader answers;

    private ProcessContender(String name, Process process) {
        this.name = name;
        this.process = process;
        requests = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts {@code program flag script-text arguments}, or gives nothing where it is not on this machine or fails. */
    static Optional<Contender> start(String name, String script, String program, String flag, String... arguments)
            throws IOException {
        String text;
        try (InputStream in = ProcessContender.class.getResourceAsStream(script)) {
            if (in == null) {
                throw new IllegalStateException("missing resource " + script);
            }
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        try {
            List<String> command = new ArrayList<>(List.of(program, flag, text));
            command.addAll(List.of(arguments));
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            ProcessContender contender = new ProcessContender(name, process);
            if (!"ready".equals(contender.answers.readLine())) {
                contender.close();
                return Optional.empty();
            }
            return Optional.of(contender);
        } catch (IOException e) {
            return Optional.empty(); // not installed
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long run(NamedCorpus corpus, int chunkBytes) throws IOException {
        requests.write(chunkBytes + " " + corpus.file() + "\n");
        requests.flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException(name + " ended");
        }
        return Long.parseLong(answer.trim());
    }

    @Override
    public void close() {
        process.destroy();
    }
}
