package dev.muster.bench.abuse;

import dev.muster.bench.load.SimNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * An agent that misbehaves until its standard input ends. It reads a node's id and credential, a line each. It prints a
 * line when it begins, and in the end the gateway's answer.
 */
public final class AbuserMain {
    private AbuserMain() {}

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        SimNode node = new SimNode(in.readLine(), in.readLine());
        Abuser abuser = new Abuser(Integer.parseInt(args[1]), node);
        Thread thread = new Thread(() -> abuser.run(Abuse.valueOf(args[0])), "bench-abuser");
        thread.setDaemon(true);
        thread.start();
        System.out.println("begun");
        while (in.readLine() != null) {
            // until it ends
        }
        System.out.println(abuser.answers().summary());
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
